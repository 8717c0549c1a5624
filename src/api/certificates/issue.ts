import 'reflect-metadata';
import { randomBytes, webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';

x509.cryptoProvider.set(webcrypto as never);
const CA_ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
/** A clock that is a little behind accepts the certificate too. */
const BACKDATED_MS = 5 * 60_000;

const SUBJECT_ALTERNATIVE_NAME = '2.5.29.17';

const { KeyUsageFlags, ExtendedKeyUsage } = x509;
const KEY_USAGES: Readonly<Record<string, x509.KeyUsageFlags>> = {
  'digital signature': KeyUsageFlags.digitalSignature,
  signing: KeyUsageFlags.digitalSignature,
  'key encipherment': KeyUsageFlags.keyEncipherment,
};
const EXTENDED: Readonly<Record<string, string>> = {
  'client auth': ExtendedKeyUsage.clientAuth,
  'server auth': ExtendedKeyUsage.serverAuth,
};

export interface Authority {
  /** PEM */
  cert: string;
  /** PEM, PKCS #8, of a P-256 key */
  key: string;
}

/** Signs a PKCS #10 request (PEM) for `ms`, with the usages that it may have. Rejects with Error for a request that is not good. */
export async function issueCertificate(
  authority: Authority,
  request: string,
  usages: readonly string[],
  now: number,
  ms: number,
): Promise<string> {
  const csr = new x509.Pkcs10CertificateRequest(request);
  if (!(await csr.verify())) throw new Error('the signature of the request is not good');
  const signingKey = await webcrypto.subtle.importKey(
    'pkcs8',
    x509.PemConverter.decodeFirst(authority.key),
    CA_ALGORITHM,
    false,
    ['sign'],
  );
  const flags = usages.reduce((all, usage) => all | (KEY_USAGES[usage] ?? 0), 0);
  const extended = usages.map((usage) => EXTENDED[usage]).filter((oid) => oid !== undefined);
  const names = csr.extensions.find((e) => e.type === SUBJECT_ALTERNATIVE_NAME);
  const cert = await x509.X509CertificateGenerator.create({
    // positive, as RFC 5280 wants it
    serialNumber: `7${randomBytes(16).toString('hex').slice(1)}`,
    subject: csr.subjectName.toJSON(),
    issuer: new x509.X509Certificate(authority.cert).subjectName.toJSON(),
    notBefore: new Date(now - BACKDATED_MS),
    notAfter: new Date(now + ms),
    signingAlgorithm: CA_ALGORITHM,
    publicKey: csr.publicKey,
    signingKey,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      ...(flags ? [new x509.KeyUsagesExtension(flags, true)] : []),
      ...(extended.length ? [new x509.ExtendedKeyUsageExtension(extended)] : []),
      ...(names ? [names] : []),
    ],
  });
  return `${cert.toString('pem')}\n`;
}
