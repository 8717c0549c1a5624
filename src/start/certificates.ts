import 'reflect-metadata';
import { webcrypto, X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import * as x509 from '@peculiar/x509';

x509.cryptoProvider.set(webcrypto as never);
const EC = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const YEAR = 365 * 24 * 3600_000;

/** PEM of a certificate and its private key (PKCS #8). */
export interface KeyPair {
  cert: string;
  key: string;
}

async function pem(key: webcrypto.CryptoKey): Promise<string> {
  return x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', key), 'PRIVATE KEY');
}
const newKeys = () => webcrypto.subtle.generateKey(EC, true, ['sign', 'verify']);
const importKey = (key: string) =>
  webcrypto.subtle.importKey('pkcs8', x509.PemConverter.decodeFirst(key), EC, true, ['sign']);
const serial = () =>
  Buffer.from(webcrypto.getRandomValues(new Uint8Array(8)))
    .toString('hex')
    .replace(/^[89a-f]/, '7');
/** Valid from an hour ago, so that a clock that is a little behind accepts it. */
const validity = (years: number) => ({
  notBefore: new Date(Date.now() - 3600_000),
  notAfter: new Date(Date.now() + years * YEAR),
});

/** A cluster's certificate authority, ten years. */
export async function makeAuthority(commonName: string): Promise<KeyPair> {
  const keys = await newKeys();
  const cert = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serial(),
    name: [{ CN: [commonName] }],
    ...validity(10),
    signingAlgorithm: EC,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(
        x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign | x509.KeyUsageFlags.digitalSignature,
        true,
      ),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { cert: cert.toString('pem'), key: await pem(keys.privateKey) };
}

/** A certificate of `authority` (or self-signed without one), one year. `hosts` makes it a server's, none a client's. */
export async function makeCertificate(
  subject: { commonName: string; organizations?: readonly string[] },
  authority: KeyPair | undefined,
  hosts: readonly string[] = [],
): Promise<KeyPair> {
  const keys = await newKeys();
  const { serverAuth, clientAuth } = x509.ExtendedKeyUsage;
  const name = [...(subject.organizations ?? []).map((o) => ({ O: [o] })), { CN: [subject.commonName] }];
  const cert = await x509.X509CertificateGenerator.create({
    serialNumber: serial(),
    subject: name,
    issuer: authority ? new x509.X509Certificate(authority.cert).subjectName.toJSON() : name,
    ...validity(1),
    signingAlgorithm: EC,
    publicKey: keys.publicKey,
    signingKey: authority ? await importKey(authority.key) : keys.privateKey,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature | x509.KeyUsageFlags.keyEncipherment, true),
      new x509.ExtendedKeyUsageExtension([hosts.length ? serverAuth : clientAuth]),
      ...(hosts.length
        ? [
            new x509.SubjectAlternativeNameExtension(
              hosts.map((h) => ({ type: isIP(h) ? ('ip' as const) : ('dns' as const), value: h })),
            ),
          ]
        : []),
    ],
  });
  return { cert: cert.toString('pem'), key: await pem(keys.privateKey) };
}

/** Whether a stored certificate is still good for a month, is `authority`'s, and names all `hosts`. */
export function stillGood(pair: KeyPair, authority: KeyPair, hosts: readonly string[] = []): boolean {
  try {
    const cert = new X509Certificate(pair.cert);
    return (
      Date.parse(cert.validTo) > Date.now() + YEAR / 12 &&
      cert.verify(new X509Certificate(authority.cert).publicKey) &&
      hosts.every((h) => (isIP(h) ? cert.checkIP(h) : cert.checkHost(h)) !== undefined)
    );
  } catch {
    return false;
  }
}
