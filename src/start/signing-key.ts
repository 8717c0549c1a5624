import { generateKeyPair } from 'node:crypto';
import { promisify } from 'node:util';

/** The RSA key that signs service account tokens, as PEM (PKCS #8 and SPKI). */
export async function makeSigningKey(): Promise<{ privateKey: string; publicKey: string }> {
  return promisify(generateKeyPair)('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
}
