import { childrenOf, contentOf, readElement, SEQUENCE } from './der.ts';
import { canonicalIp } from '../../meta/ip.ts';

/** Other names that a certificate is good for. IP addresses in their one form (`canonicalIp`). */
export interface AlternativeNames {
  dns: readonly string[];
  ips: readonly string[];
  emails: readonly string[];
  uris: readonly string[];
}

export const NO_NAMES: AlternativeNames = { dns: [], ips: [], emails: [], uris: [] };

/** First byte of each kind of name (RFC 5280 §4.2.1.6). Other kinds are passed over, as in Go. */
const EMAIL = 0x81;
const DNS = 0x82;
const URI = 0x86;
const IP = 0x87;

function ascii(bytes: Buffer, kind: string): string {
  const text = bytes.toString('latin1');
  if (!/^[\0-\x7f]*$/.test(text)) throw new Error(`x509: SAN ${kind} is malformed`);
  return text;
}

function ipOf(bytes: Buffer): string {
  if (bytes.length === 4) return bytes.join('.');
  if (bytes.length !== 16) throw new Error(`x509: cannot parse IP address of length ${bytes.length}`);
  return canonicalIp(bytes.toString('hex').replace(/(.{4})(?!$)/g, '$1:'));
}

/** @param der value of a subjectAltName extension. Throws with Go's words. */
export function readAlternativeNames(der: Buffer): AlternativeNames {
  const sequence = readElement(der);
  if (sequence.tag !== SEQUENCE) throw new Error('x509: invalid subject alternative names');
  const found = { dns: [] as string[], ips: [] as string[], emails: [] as string[], uris: [] as string[] };
  for (const name of childrenOf(sequence)) {
    const bytes = contentOf(name);
    const kind = (name.class << 6) | (name.compound ? 0x20 : 0) | name.tag;
    if (kind === EMAIL) found.emails.push(ascii(bytes, 'rfc822Name'));
    if (kind === DNS) found.dns.push(ascii(bytes, 'dNSName'));
    if (kind === URI) found.uris.push(ascii(bytes, 'uniformResourceIdentifier'));
    if (kind === IP) found.ips.push(ipOf(bytes));
  }
  return found;
}
