import { humanDuration } from '../../../meta/duration.ts';
import type { Printer } from '../printer.ts';
import { NONE, since } from './shared.ts';

interface Subject {
  kind: string;
  namespace?: string;
  name: string;
}

const bindings: Printer = ({ metadata, roleRef, subjects }, now) => {
  const of = (kind: string) => ((subjects ?? []) as Subject[]).filter((s) => s.kind === kind);
  return [
    metadata.name,
    `${roleRef?.kind}/${roleRef?.name}`,
    since(metadata.creationTimestamp, now),
    of('User')
      .map((s) => s.name)
      .join(', '),
    of('Group')
      .map((s) => s.name)
      .join(', '),
    of('ServiceAccount')
      .map((s) => `${s.namespace ?? ''}/${s.name}`)
      .join(', '),
  ];
};

const signingRequests: Printer = ({ metadata, spec, status }, now) => {
  const has = (type: string) => status?.conditions?.some((c: { type: string }) => c.type === type);
  const state = has('Denied') ? 'Denied' : has('Approved') ? 'Approved' : 'Pending';
  return [
    metadata.name,
    since(metadata.creationTimestamp, now),
    spec?.signerName || NONE,
    spec?.username ?? '',
    spec?.expirationSeconds === undefined ? NONE : humanDuration(spec.expirationSeconds * 1000),
    `${state}${has('Failed') ? ',Failed' : ''}${status?.certificate ? ',Issued' : ''}`,
  ];
};

export const authorizationCells: Readonly<Record<string, Printer>> = {
  'rolebindings.rbac.authorization.k8s.io': bindings,
  'clusterrolebindings.rbac.authorization.k8s.io': bindings,
  'certificatesigningrequests.certificates.k8s.io': signingRequests,
};
