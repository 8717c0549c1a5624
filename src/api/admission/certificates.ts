import { forbiddenRequest } from '../../meta/status.ts';
import { parseRequest } from '../../rules/certificates/certificate-request.ts';
import { CLIENT_SIGNER } from '../certificates/signers.ts';
import { sameJson } from '../patch/equal.ts';
import { incoming, isWriteOf, previous, validated } from './objects.ts';
import type { AdmissionPlugin, AdmissionRequest } from './plugin.ts';

const REQUESTS = { group: 'certificates.k8s.io', resource: 'certificatesigningrequests' };
const KEY = 'certificatesigningrequests.certificates.k8s.io';

/** May the user do `verb` for this signer, by its name or for all of its domain? */
function maySign({ authorizer, ctx }: AdmissionRequest, verb: string, signer: string): boolean {
  const names = [signer, `${signer.split('/')[0]}/*`];
  const common = { verb, group: REQUESTS.group, version: 'v1', resource: 'signers', subresource: '', namespace: '' };
  return names.some((name) => authorizer.decide(ctx.user, { ...common, name }).allowed);
}

const refuse = (request: AdmissionRequest, why: string) =>
  forbiddenRequest(REQUESTS, request.object!.metadata.name, why);

/** A request for a certificate says who made it, whatever it says itself. */
export const certificateRequester: AdmissionPlugin = {
  name: 'CertificateRequester',
  handles: (target, operation) => operation === 'CREATE' && isWriteOf(target, KEY),
  admit(request) {
    const { name, uid, groups, extra } = request.ctx.user;
    const spec = (incoming(request, KEY).spec ??= {});
    for (const field of ['username', 'uid', 'groups', 'extra'] as const) delete spec[field];
    Object.assign(spec, { username: name, ...(uid && { uid }), groups: [...groups], ...(extra && { extra }) });
  },
};

export const certificateApproval: AdmissionPlugin = {
  name: 'CertificateApproval',
  handles: (target, operation) => operation === 'UPDATE' && isWriteOf(target, KEY, 'approval'),
  validate(request) {
    const signer = previous(request, KEY).spec.signerName;
    if (!maySign(request, 'approve', signer))
      throw refuse(request, `user not permitted to approve requests with signerName ${JSON.stringify(signer)}`);
  },
};

export const certificateSigning: AdmissionPlugin = {
  name: 'CertificateSigning',
  handles: (target, operation) => operation === 'UPDATE' && isWriteOf(target, KEY, 'status'),
  validate(request) {
    const [{ status }, old] = [validated(request, KEY), previous(request, KEY)];
    const conditions = [status?.conditions ?? [], old.status?.conditions ?? []] as const;
    if (status?.certificate === old.status?.certificate && sameJson(...conditions)) return;
    const signer = old.spec.signerName;
    if (!maySign(request, 'sign', signer))
      throw refuse(request, `user not permitted to sign requests with signerName ${JSON.stringify(signer)}`);
  },
};

/** Nobody gets a certificate that makes him a system:masters by way of a request. */
export const certificateSubjectRestriction: AdmissionPlugin = {
  name: 'CertificateSubjectRestriction',
  handles: (target, operation) => operation === 'CREATE' && isWriteOf(target, KEY),
  validate(request) {
    const { spec } = validated(request, KEY);
    if (spec.signerName !== CLIENT_SIGNER) return;
    let groups: readonly string[];
    try {
      groups = parseRequest(spec.request).subject.organizations;
    } catch (error) {
      throw refuse(request, `failed to parse CSR: ${(error as Error).message}`);
    }
    if (groups.includes('system:masters'))
      throw refuse(request, `use of ${CLIENT_SIGNER} signer with system:masters group is not allowed`);
  },
};
