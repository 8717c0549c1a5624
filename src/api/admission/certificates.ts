import 'reflect-metadata';
import { Pkcs10CertificateRequest } from '@peculiar/x509';
import { forbiddenRequest } from '../../meta/status.ts';
import { sameJson } from '../patch/equal.ts';
import type { ObjectOf } from '../object-as.ts';
import { incoming, isWriteOf, previous, validated } from './objects.ts';
import type { AdmissionPlugin, AdmissionRequest } from './plugin.ts';

const REQUESTS = { group: 'certificates.k8s.io', resource: 'certificatesigningrequests' };
const CLIENT_SIGNER = 'kubernetes.io/kube-apiserver-client';
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

const failures = (status: ObjectOf<typeof KEY>['status']): unknown =>
  (status?.conditions ?? []).filter((c) => c.type === 'Failed');

export const certificateSigning: AdmissionPlugin = {
  name: 'CertificateSigning',
  handles: (target, operation) => operation === 'UPDATE' && isWriteOf(target, KEY, 'status'),
  validate(request) {
    const [{ status }, old] = [validated(request, KEY), previous(request, KEY)];
    if (status?.certificate === old.status?.certificate && sameJson(failures(status), failures(old.status))) return;
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
    let groups: string[];
    try {
      groups = new Pkcs10CertificateRequest(Buffer.from(spec.request, 'base64').toString('utf8')).subjectName.getField(
        'O',
      );
    } catch (error) {
      throw refuse(request, `unable to parse csr: ${(error as Error).message}`);
    }
    if (groups.includes('system:masters'))
      throw refuse(request, `use of ${CLIENT_SIGNER} signer with system:masters group is not allowed`);
  },
};
