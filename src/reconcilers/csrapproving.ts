import 'reflect-metadata';
import { Pkcs10CertificateRequest } from '@peculiar/x509';
import type { CertificateSigningRequest } from '../../schema/types.ts';
import type { Context, Reconciler } from '../control/contract.ts';
import { unlessGone } from '../control/conflict.ts';
import { formatTime } from '../meta/time.ts';
import { present } from '../meta/present.ts';

export const CSRS = 'certificatesigningrequests.certificates.k8s.io';
export const KUBELET_CLIENT = 'kubernetes.io/kube-apiserver-client-kubelet';
const USAGES = new Set(['key encipherment', 'digital signature', 'client auth']);

/** Approves requests of nodes for client certificates, where RBAC lets the requester have one. */
export const csrapproving: Reconciler = {
  name: 'certificate',
  watches: [{ resource: CSRS }],
  async reconcile(name, ctx) {
    const csr = ctx.informer(CSRS).get('', name);
    if (!csr || csr.status?.certificate || csr.status?.conditions?.length || csr.spec?.signerName !== KUBELET_CLIENT)
      return;
    const subject = nodeSubject(csr);
    if (!subject) return;
    const own = subject === csr.spec.username;
    for (const [subresource, message] of CASES) {
      if (subresource === 'selfnodeclient' && !own) continue;
      if (!(await mayRequest(csr, subresource, ctx))) continue;
      const time = formatTime(ctx.clock.now());
      const condition = {
        type: 'Approved',
        status: 'True',
        reason: 'AutoApproved',
        message,
        lastUpdateTime: time,
        lastTransitionTime: time,
      };
      await unlessGone(
        ctx.client.update(CSRS, { ...csr, status: { ...csr.status, conditions: [condition] } }, 'approval'),
      );
      return;
    }
  },
};

/** What the requester must be allowed to create, and what the approval says then. */
const CASES = [
  ['selfnodeclient', 'Auto approving self kubelet client certificate after SubjectAccessReview.'],
  ['nodeclient', 'Auto approving kubelet client certificate after SubjectAccessReview.'],
] as const;

/** The request in PEM inside base64, parsed; undefined where it cannot be read. */
export function requestOf(csr: CertificateSigningRequest): Pkcs10CertificateRequest | undefined {
  try {
    return new Pkcs10CertificateRequest(Buffer.from(csr.spec?.request ?? '', 'base64').toString());
  } catch {
    return undefined;
  }
}

/** `system:node:NAME` when the request is what a kubelet asks for: organisation system:nodes, no names, client usages. */
export function nodeSubject(csr: CertificateSigningRequest): string | undefined {
  const request = requestOf(csr);
  const organisations = request?.subjectName.getField('O') ?? [];
  const name = request?.subjectName.getField('CN')[0];
  const usages = csr.spec?.usages ?? [];
  const named = request?.extensions.some(({ type }) => type === '2.5.29.17');
  if (organisations.length !== 1 || organisations[0] !== 'system:nodes' || named || !name?.startsWith('system:node:')) {
    return undefined;
  }
  return usages.every((usage) => USAGES.has(usage)) &&
    usages.includes('client auth') &&
    usages.includes('digital signature')
    ? name
    : undefined;
}

async function mayRequest({ spec }: CertificateSigningRequest, subresource: string, ctx: Context): Promise<boolean> {
  const review = {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SubjectAccessReview',
    metadata: {},
    spec: {
      ...present({ user: spec?.username, uid: spec?.uid, groups: spec?.groups, extra: spec?.extra }),
      resourceAttributes: {
        group: 'certificates.k8s.io',
        resource: 'certificatesigningrequests',
        subresource,
        verb: 'create',
        version: '*',
      },
    },
  };
  const answer = await ctx.client.create('subjectaccessreviews.authorization.k8s.io', review);
  return answer.status?.allowed === true;
}
