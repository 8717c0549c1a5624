import { webcrypto } from 'node:crypto';
import 'reflect-metadata';
import * as x509 from '@peculiar/x509';
import type { CertificateSigningRequest } from '../../schema/types.ts';
import type { Reconciler } from '../control/contract.ts';
import { unlessGone } from '../control/conflict.ts';
import { formatTime } from '../meta/time.ts';
import { CSRS, KUBELET_CLIENT, nodeSubject, requestOf } from './csrapproving.ts';

/** The CA that signs: PEM of its certificate and of its key (PKCS #8, P-256). */
export interface Signer {
  cert: string;
  key: string;
}

const EC = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
/** ms that a certificate is good when the request does not say, and the shortest (both as kube-controller-manager has them) */
const YEAR = 365 * 24 * 3600_000;
const SHORTEST = 600_000;
/** A certificate is good from a little before now: clocks differ. */
const BACKDATE = 300_000;

const USAGES: Record<string, number> = {
  'digital signature': x509.KeyUsageFlags.digitalSignature,
  'key encipherment': x509.KeyUsageFlags.keyEncipherment,
  'key agreement': x509.KeyUsageFlags.keyAgreement,
  'data encipherment': x509.KeyUsageFlags.dataEncipherment,
};
const SIGNERS: Record<
  string,
  { allowed: readonly string[]; check(csr: CertificateSigningRequest): string | undefined }
> = {
  'kubernetes.io/kube-apiserver-client': {
    allowed: ['client auth', 'digital signature', 'key encipherment'],
    check: ({ spec }) => (spec?.usages?.includes('client auth') ? undefined : 'usages did not match ["client auth"]'),
  },
  [KUBELET_CLIENT]: {
    allowed: ['client auth', 'digital signature', 'key encipherment'],
    check: (csr) => (nodeSubject(csr) ? undefined : 'subject organization is not system:nodes'),
  },
  'kubernetes.io/kubelet-serving': {
    allowed: ['server auth', 'digital signature', 'key encipherment'],
    check: (csr) =>
      requestOf(csr)?.subjectName.getField('O')[0] === 'system:nodes'
        ? undefined
        : 'subject organization is not system:nodes',
  },
};

/** Signs approved requests for the API server's own signers. */
export const csrsigning = (signer: Signer): Reconciler => ({
  name: 'csrsigning',
  account: 'certificate-controller',
  watches: [{ resource: CSRS }],
  async reconcile(name, ctx) {
    const csr = ctx.informer(CSRS).get('', name);
    const rules = SIGNERS[csr?.spec?.signerName ?? ''];
    const conditions = csr?.status?.conditions ?? [];
    if (!csr || !rules || csr.status?.certificate || !conditions.some(({ type }) => type === 'Approved')) return;
    if (conditions.some(({ type }) => type === 'Failed' || type === 'Denied')) return;
    const odd = csr.spec?.usages?.find((usage) => !rules.allowed.includes(usage));
    const problem = odd ? `usage "${odd}" is not allowed` : rules.check(csr);
    if (problem) {
      const time = formatTime(ctx.clock.now());
      const failed = {
        type: 'Failed',
        status: 'True',
        reason: 'SignerValidationFailure',
        message: problem,
        lastUpdateTime: time,
        lastTransitionTime: time,
      };
      await unlessGone(
        ctx.client.update(CSRS, { ...csr, status: { ...csr.status, conditions: [...conditions, failed] } }, 'status'),
      );
      return;
    }
    const certificate = Buffer.from(await sign(csr, signer, ctx.clock.now())).toString('base64');
    await unlessGone(ctx.client.update(CSRS, { ...csr, status: { ...csr.status, certificate } }, 'status'));
  },
});

/** @returns PEM; `now` in ms */
async function sign(csr: CertificateSigningRequest, signer: Signer, now: number): Promise<string> {
  x509.cryptoProvider.set(webcrypto as never);
  const request = requestOf(csr)!;
  const issuer = new x509.X509Certificate(signer.cert);
  const seconds = csr.spec?.expirationSeconds;
  const length = seconds === undefined ? YEAR : Math.max(SHORTEST, Math.min(YEAR, seconds * 1000));
  const usages = csr.spec?.usages ?? [];
  const flags = usages.reduce((sum, usage) => sum | (USAGES[usage] ?? 0), 0);
  const extended = [
    ...(usages.includes('client auth') ? [x509.ExtendedKeyUsage.clientAuth] : []),
    ...(usages.includes('server auth') ? [x509.ExtendedKeyUsage.serverAuth] : []),
  ];
  const names = request.extensions.find(({ type }) => type === '2.5.29.17');
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: `01${Buffer.from(webcrypto.getRandomValues(new Uint8Array(15))).toString('hex')}`,
    subject: request.subjectName.toJSON(),
    issuer: issuer.subjectName.toJSON(),
    notBefore: new Date(now - BACKDATE),
    notAfter: new Date(Math.min(now - BACKDATE + length, issuer.notAfter.getTime())),
    signingAlgorithm: EC,
    publicKey: request.publicKey,
    signingKey: await webcrypto.subtle.importKey('pkcs8', x509.PemConverter.decodeFirst(signer.key), EC, false, [
      'sign',
    ]),
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(flags, true),
      new x509.ExtendedKeyUsageExtension(extended),
      ...(names ? [names] : []),
    ],
  });
  return `${certificate.toString('pem')}\n`;
}
