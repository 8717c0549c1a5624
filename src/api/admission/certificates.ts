import 'reflect-metadata';
import { Pkcs10CertificateRequest } from '@peculiar/x509';
import { forbiddenRequest } from '../../meta/status.ts';
import type { Target } from '../contract.ts';
import { sameJson } from '../patch/equal.ts';
import type { AdmissionPlugin, AdmissionRequest } from './plugin.ts';

const REQUESTS = { group: 'certificates.k8s.io', resource: 'certificatesigningrequests' };
const CLIENT_SIGNER = 'kubernetes.io/kube-apiserver-client';
const isRequest = (target: Target, subresource: string): boolean =>
  target.kind.storage.key === 'certificatesigningrequests.certificates.k8s.io' && target.subresource === subresource;

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
  handles: (target, operation) => operation === 'CREATE' && isRequest(target, ''),
  admit({ object, ctx }) {
    const { name, uid, groups, extra } = ctx.user;
    const spec = (object!['spec'] ??= {});
    for (const field of ['username', 'uid', 'groups', 'extra']) delete spec[field];
    Object.assign(spec, { username: name, ...(uid && { uid }), groups: [...groups], ...(extra && { extra }) });
  },
};

export const certificateApproval: AdmissionPlugin = {
  name: 'CertificateApproval',
  handles: (target, operation) => operation === 'UPDATE' && isRequest(target, 'approval'),
  validate(request) {
    const signer: string = request.old!['spec']?.signerName ?? '';
    if (!maySign(request, 'approve', signer))
      throw refuse(request, `user not permitted to approve requests with signerName ${JSON.stringify(signer)}`);
  },
};

export const certificateSigning: AdmissionPlugin = {
  name: 'CertificateSigning',
  handles: (target, operation) => operation === 'UPDATE' && isRequest(target, 'status'),
  validate(request) {
    const { object, old } = request;
    const failed = (o: typeof object): unknown =>
      ((o!['status']?.conditions ?? []) as { type: string }[]).filter((c) => c.type === 'Failed');
    if (object!['status']?.certificate === old!['status']?.certificate && sameJson(failed(object), failed(old))) return;
    const signer: string = old!['spec']?.signerName ?? '';
    if (!maySign(request, 'sign', signer))
      throw refuse(request, `user not permitted to sign requests with signerName ${JSON.stringify(signer)}`);
  },
};

/** Nobody gets a certificate that makes him a system:masters by way of a request. */
export const certificateSubjectRestriction: AdmissionPlugin = {
  name: 'CertificateSubjectRestriction',
  handles: (target, operation) => operation === 'CREATE' && isRequest(target, ''),
  validate(request) {
    const spec = request.object!['spec'] ?? {};
    if (spec.signerName !== CLIENT_SIGNER) return;
    let groups: string[];
    try {
      groups = new Pkcs10CertificateRequest(
        Buffer.from(spec.request as string, 'base64').toString('utf8'),
      ).subjectName.getField('O');
    } catch (error) {
      throw refuse(request, `unable to parse csr: ${(error as Error).message}`);
    }
    if (groups.includes('system:masters'))
      throw refuse(request, `use of ${CLIENT_SIGNER} signer with system:masters group is not allowed`);
  },
};
