import { X509Certificate } from 'node:crypto';

/** Extended key usages (RFC 5280 §4.2.1.12) */
export const SERVER_AUTH = '1.3.6.1.5.5.7.3.1';
export const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2';
const ANY_USAGE = '2.5.29.37.0';

/** Who signs certificates of this cluster: it itself, for its authorities have no intermediates. */
export class Authority {
  private readonly certificate: X509Certificate;

  /** @param certificate its own, PEM or DER */
  constructor(certificate: string | Uint8Array) {
    this.certificate = new X509Certificate(certificate);
  }

  /** Has it signed a certificate, and for this use? When it is good is not asked. */
  signed(shown: X509Certificate, use: string): boolean {
    const { certificate } = this;
    if (!shown.checkIssued(certificate) || !shown.verify(certificate.publicKey)) return false;
    // one that names no use is good for all, as in Go
    const uses = shown.keyUsage;
    return !uses?.length || uses.includes(use) || uses.includes(ANY_USAGE);
  }
}

/** Values of the attributes of a subject, by name or, where there is none, identifier; [] for one that it has not. */
export function subjectOf(certificate: X509Certificate): Record<string, string[]> {
  // what a subject has several of is a list
  const subject = certificate.toLegacyObject().subject as unknown as Record<string, string | string[]>;
  const lists: Record<string, string[]> = {};
  for (const [name, value] of Object.entries(subject)) lists[name] = Array.isArray(value) ? value : [value];
  return lists;
}
