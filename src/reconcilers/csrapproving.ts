import type { CertificateSigningRequest } from '../../schema/types.ts';
import { present } from '../meta/present.ts';
import { parseRequest } from '../rules/certificates/certificate-request.ts';
import { KUBELET_CLIENT, kubeletClientProblem } from '../rules/certificates/kubelet-requests.ts';
import { approve, CSRS, isDecided } from './certificate-requests.ts';
import type { Context, Reconciler } from '../control/contract.ts';

/** Approves requests of nodes for client certificates, where RBAC lets the requester have one. */
export const csrapproving: Reconciler = {
  name: 'certificate',
  watches: [{ resource: CSRS }],
  async reconcile(name, ctx) {
    const csr = ctx.informer(CSRS).get('', name);
    if (!csr || isDecided(csr) || csr.spec.signerName !== KUBELET_CLIENT) return;
    const request = parseRequest(csr.spec.request);
    if (kubeletClientProblem(request, csr.spec.usages ?? [])) return;
    const own = request.subject.commonName === csr.spec.username;
    for (const [subresource, message] of CASES) {
      if (subresource === 'selfnodeclient' && !own) continue;
      if (await mayRequest(csr, subresource, ctx)) return approve(csr, message, ctx);
    }
  },
};

/** What the requester must be allowed to create, and what the approval says then. */
const CASES = [
  ['selfnodeclient', 'Auto approving self kubelet client certificate after SubjectAccessReview.'],
  ['nodeclient', 'Auto approving kubelet client certificate after SubjectAccessReview.'],
] as const;

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
