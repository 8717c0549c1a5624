import { X509Certificate } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { TLSSocket } from 'node:tls';
import type { User } from '../../api/contract.ts';

const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2';
const ANY_USAGE = '2.5.29.37.0';
/** Attribute of a subject that is the user's uid (AllowParsingUserUIDFromCertAuth, on since 1.33) */
const UID = '1.3.6.1.4.1.57683.2';
const CREDENTIAL_ID = 'authentication.kubernetes.io/credential-id';

/** A certificate as one of our authorities vouches for it, for as long as it does. */
export interface ClientCertificate {
  /** whose it is; undefined without a common name, or with a uid that is not one */
  user: User | undefined;
  commonName: string;
  /** ms since the epoch */
  notBefore: number;
  notAfter: number;
}

/** The certificate of the connection that a request came on. */
export const certificateOf = (req: IncomingMessage): X509Certificate | undefined =>
  (req.socket as Partial<TLSSocket>).getPeerX509Certificate?.();

/** Who signs the certificates of clients. They are signed by it itself: this cluster's authorities have no intermediates. */
export class ClientAuthority {
  private readonly certificate: X509Certificate;

  /** @param pem its certificate */
  constructor(pem: string) {
    this.certificate = new X509Certificate(pem);
  }

  /** What a certificate says; undefined where this authority has not signed it for clients. */
  read(shown: X509Certificate): ClientCertificate | undefined {
    const { certificate } = this;
    if (!shown.checkIssued(certificate) || !shown.verify(certificate.publicKey)) return undefined;
    // one that names no use is good for all, as in Go
    const uses = shown.keyUsage;
    if (uses?.length && !uses.includes(CLIENT_AUTH) && !uses.includes(ANY_USAGE)) return undefined;
    const { CN, O, [UID]: uid } = shown.toLegacyObject().subject as unknown as Record<string, string | string[]>;
    const commonName = list(CN).at(-1) ?? '';
    return {
      user: userOf(commonName, list(O), list(uid), shown),
      commonName,
      notBefore: Date.parse(shown.validFrom),
      notAfter: Date.parse(shown.validTo),
    };
  }
}

/** What a subject has several of is a list. */
const list = (value: string | string[] | undefined): string[] =>
  value === undefined ? [] : Array.isArray(value) ? value : [value];

function userOf(name: string, groups: string[], uids: string[], { fingerprint256 }: X509Certificate): User | undefined {
  if (!name || uids.length > 1 || uids[0] === '') return undefined;
  const id = `X509SHA256=${fingerprint256.replaceAll(':', '').toLowerCase()}`;
  return { name, ...(uids[0] && { uid: uids[0] }), groups, extra: { [CREDENTIAL_ID]: [id] } };
}
