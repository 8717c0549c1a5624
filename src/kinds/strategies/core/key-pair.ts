import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto';

/** Whether a certificate and a key are a pair, in the words of Go's crypto/tls (`X509KeyPair`). */
interface Block {
  type: string;
  text: string;
}

const BEGIN = '-----BEGIN ';
const DASHES = '-----';

/** The blocks up to the first that does not end: one pass over the text. */
function blocksOf(pem: string): Block[] {
  const blocks: Block[] = [];
  for (let at = pem.indexOf(BEGIN); at >= 0;) {
    const named = pem.indexOf(DASHES, at + BEGIN.length);
    if (named < 0) break;
    const type = pem.slice(at + BEGIN.length, named);
    const last = `-----END ${type}-----`;
    const end = pem.indexOf(last, named);
    if (end < 0) break;
    blocks.push({ type, text: pem.slice(at, end + last.length) });
    at = pem.indexOf(BEGIN, end + last.length);
  }
  return blocks;
}

const isKey = (type: string): boolean => type === 'PRIVATE KEY' || type.endsWith(' PRIVATE KEY');
const list = (blocks: readonly Block[]): string => `[${blocks.map((b) => b.type).join(' ')}]`;

function certificateOf(blocks: readonly Block[]): Block | string {
  const found = blocks.find((b) => b.type === 'CERTIFICATE');
  if (found) return found;
  if (blocks.length === 0) return 'tls: failed to find any PEM data in certificate input';
  if (blocks.length === 1 && isKey(blocks[0]!.type)) {
    return 'tls: failed to find certificate PEM data in certificate input, but did find a private key; PEM inputs may have been switched';
  }
  return `tls: failed to find "CERTIFICATE" PEM block in certificate input after skipping PEM blocks of the following types: ${list(blocks)}`;
}

function keyOf(blocks: readonly Block[]): Block | string {
  const found = blocks.find((b) => isKey(b.type));
  if (found) return found;
  if (blocks.length === 0) return 'tls: failed to find any PEM data in key input';
  if (blocks.length === 1 && blocks[0]!.type === 'CERTIFICATE')
    return 'tls: found a certificate rather than a key in the PEM for the private key';
  return `tls: failed to find PEM block with type ending in "PRIVATE KEY" in key input after skipping PEM blocks of the following types: ${list(blocks)}`;
}

/** What is wrong with the pair; undefined: nothing. Both are PEM texts. */
export function keyPairError(certificatePem: string, keyPem: string): string | undefined {
  const certificate = certificateOf(blocksOf(certificatePem));
  if (typeof certificate === 'string') return certificate;
  const key = keyOf(blocksOf(keyPem));
  if (typeof key === 'string') return key;
  let x509: X509Certificate;
  let secret: KeyObject;
  try {
    x509 = new X509Certificate(certificate.text);
  } catch {
    return 'x509: malformed certificate';
  }
  try {
    secret = createPrivateKey(key.text);
  } catch {
    return 'tls: failed to parse private key';
  }
  if (x509.publicKey.asymmetricKeyType !== secret.asymmetricKeyType)
    return 'tls: private key type does not match public key type';
  return x509.checkPrivateKey(secret) ? undefined : 'tls: private key does not match public key';
}
