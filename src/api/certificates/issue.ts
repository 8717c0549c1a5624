import 'reflect-metadata';
import { randomBytes, webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import type { CertificateRequest } from '../../rules/certificates/certificate-request.ts';
import type { Subject } from '../../rules/certificates/subject.ts';

x509.cryptoProvider.set(webcrypto as never);
const CA_ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const HOUR_MS = 3600_000;
/** A clock that is a little behind accepts the certificate too; what is short is not made shorter by that. */
const BACKDATED_MS = 5 * 60_000;
const SHORT_MS = 8 * HOUR_MS;

const { KeyUsageFlags, ExtendedKeyUsage } = x509;
const KEY_USAGES: Readonly<Record<string, x509.KeyUsageFlags>> = {
  signing: KeyUsageFlags.digitalSignature,
  'digital signature': KeyUsageFlags.digitalSignature,
  'content commitment': KeyUsageFlags.nonRepudiation,
  'key encipherment': KeyUsageFlags.keyEncipherment,
  'key agreement': KeyUsageFlags.keyAgreement,
  'data encipherment': KeyUsageFlags.dataEncipherment,
  'cert sign': KeyUsageFlags.keyCertSign,
  'crl sign': KeyUsageFlags.cRLSign,
  'encipher only': KeyUsageFlags.encipherOnly,
  'decipher only': KeyUsageFlags.decipherOnly,
};
/** In the order in which a certificate has them. */
const EXTENDED: Readonly<Record<string, string>> = {
  any: '2.5.29.37.0',
  'server auth': ExtendedKeyUsage.serverAuth,
  'client auth': ExtendedKeyUsage.clientAuth,
  'code signing': ExtendedKeyUsage.codeSigning,
  'email protection': ExtendedKeyUsage.emailProtection,
  's/mime': ExtendedKeyUsage.emailProtection,
  'ipsec end system': '1.3.6.1.5.5.7.3.5',
  'ipsec tunnel': '1.3.6.1.5.5.7.3.6',
  'ipsec user': '1.3.6.1.5.5.7.3.7',
  timestamping: ExtendedKeyUsage.timeStamping,
  'ocsp signing': ExtendedKeyUsage.ocspSigning,
  'microsoft sgc': '1.3.6.1.4.1.311.10.3.3',
  'netscape sgc': '2.16.840.1.113730.4.1',
};

export interface Authority {
  /** PEM */
  cert: string;
  /** PEM, PKCS #8, of a P-256 key */
  key: string;
}

/** Attributes of a subject in the order in which Go's pkix.Name writes them. */
const attributesOf = (subject: Subject): readonly (readonly [type: string, values: readonly string[]])[] => [
  ['2.5.4.6', subject.countries],
  ['2.5.4.10', subject.organizations],
  ['2.5.4.11', subject.organizationalUnits],
  ['2.5.4.7', subject.localities],
  ['2.5.4.8', subject.provinces],
  ['2.5.4.9', subject.streetAddresses],
  ['2.5.4.17', subject.postalCodes],
  ['2.5.4.3', subject.commonName ? [subject.commonName] : []],
  ['2.5.4.5', subject.serialNumber ? [subject.serialNumber] : []],
];

const PRINTABLE = /^[A-Za-z0-9 '()+,\-./:=?]*$/;

/** Values with their type, for a plain string the library reads as it likes: one that begins with `#` as bytes of any type. */
const nameOf = (subject: Subject): x509.Name =>
  new x509.Name(
    attributesOf(subject).flatMap(([type, values]) =>
      values.map((value) => ({
        [type]: [PRINTABLE.test(value) ? { printableString: value } : { utf8String: value }],
      })),
    ),
  );

function extensionsOf({ names, subject }: CertificateRequest, usages: readonly string[], ca: x509.X509Certificate) {
  const flags = usages.reduce((all, usage) => all | (KEY_USAGES[usage] ?? 0), 0);
  const extended = Object.keys(EXTENDED).filter((usage) => usages.includes(usage));
  const alternative: x509.JsonGeneralNames = [
    ...names.dns.map((value) => ({ type: 'dns' as const, value })),
    ...names.emails.map((value) => ({ type: 'email' as const, value })),
    ...names.ips.map((value) => ({ type: 'ip' as const, value })),
    ...names.uris.map((value) => ({ type: 'url' as const, value })),
  ];
  const anonymous = attributesOf(subject).every(([, values]) => values.length === 0);
  const signer = ca.getExtension(x509.SubjectKeyIdentifierExtension);
  return [
    ...(flags ? [new x509.KeyUsagesExtension(flags, true)] : []),
    ...(extended.length ? [new x509.ExtendedKeyUsageExtension([...new Set(extended.map((u) => EXTENDED[u]!))])] : []),
    new x509.BasicConstraintsExtension(false, undefined, true),
    ...(signer ? [new x509.AuthorityKeyIdentifierExtension(signer.keyId)] : []),
    ...(alternative.length ? [new x509.SubjectAlternativeNameExtension(alternative, anonymous)] : []),
  ];
}

/**
 * Signs what a request asks for, for `ms` at most: the certificate is made of what was read of the request, and holds
 * nothing else of it. Rejects where the authority is over. Source: PermissiveSigningPolicy of Kubernetes.
 * @param now ms since the epoch
 * @returns PEM
 */
export async function issueCertificate(
  authority: Authority,
  request: CertificateRequest,
  usages: readonly string[],
  now: number,
  ms: number,
): Promise<string> {
  const ca = new x509.X509Certificate(authority.cert);
  const last = ca.notAfter.getTime();
  if (now >= last) throw new Error(`the signer has expired: NotAfter=${ca.notAfter.toISOString()}`);
  const key = x509.PemConverter.decodeFirst(authority.key);
  const cert = await x509.X509CertificateGenerator.create({
    // positive, as RFC 5280 wants it
    serialNumber: `7${randomBytes(16).toString('hex').slice(1)}`,
    subject: nameOf(request.subject),
    issuer: ca.subjectName.toJSON(),
    notBefore: new Date(now - BACKDATED_MS),
    notAfter: new Date(Math.min(last, now + (ms < SHORT_MS ? ms : ms - BACKDATED_MS))),
    signingAlgorithm: CA_ALGORITHM,
    publicKey: new x509.PublicKey(Uint8Array.from(request.publicKey)),
    signingKey: await webcrypto.subtle.importKey('pkcs8', key, CA_ALGORITHM, false, ['sign']),
    extensions: extensionsOf(request, usages, ca),
  });
  return `${cert.toString('pem')}\n`;
}
