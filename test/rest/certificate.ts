import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import type { KeyPair } from '../../src/start/certificates.ts';

const EC = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const { clientAuth } = x509.ExtendedKeyUsage;

export interface Wish {
  name: x509.JsonName;
  usages?: string[];
  /** seconds from `now` */
  from?: number;
  until?: number;
  /** ms since the epoch */
  now?: number;
}

/** A certificate with a subject and uses as the test wants them. */
export async function certificate(
  { name, usages = [clientAuth], from = -60, until = 3600, now = Date.now() }: Wish,
  authority: KeyPair,
) {
  x509.cryptoProvider.set(webcrypto as never);
  const keys = await webcrypto.subtle.generateKey(EC, true, ['sign', 'verify']);
  const key = x509.PemConverter.decodeFirst(authority.key);
  const cert = await x509.X509CertificateGenerator.create({
    serialNumber: '01',
    subject: name,
    issuer: new x509.X509Certificate(authority.cert).subjectName.toJSON(),
    notBefore: new Date(now + from * 1000),
    notAfter: new Date(now + until * 1000),
    signingAlgorithm: EC,
    publicKey: keys.publicKey,
    signingKey: await webcrypto.subtle.importKey('pkcs8', key, EC, false, ['sign']),
    extensions: usages.length ? [new x509.ExtendedKeyUsageExtension(usages)] : [],
  });
  const pkcs8 = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
  return { cert: cert.toString('pem'), key: x509.PemConverter.encode(pkcs8, 'PRIVATE KEY') };
}
