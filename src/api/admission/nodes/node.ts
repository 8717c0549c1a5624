import { sameJson } from '../../patch/equal.ts';
import { incoming, previous } from '../objects.ts';
import type { AdmissionRequest } from '../plugin.ts';
import { nameOf, refuse, type NodeRule } from './rule.ts';

const PROTECTED = 'node-restriction.kubernetes.io';
/** Labels of kubernetes.io and k8s.io that a node may give itself. */
const OWN_LABELS: ReadonlySet<string> = new Set([
  'kubernetes.io/hostname',
  'topology.kubernetes.io/zone',
  'topology.kubernetes.io/region',
  'failure-domain.beta.kubernetes.io/zone',
  'failure-domain.beta.kubernetes.io/region',
  'node.kubernetes.io/instance-type',
  'beta.kubernetes.io/instance-type',
  'kubernetes.io/os',
  'beta.kubernetes.io/os',
  'kubernetes.io/arch',
  'beta.kubernetes.io/arch',
]);
const OWN_DOMAINS = ['kubelet.kubernetes.io', 'node.kubernetes.io'];

const within = (domain: string, parent: string): boolean => domain === parent || domain.endsWith(`.${parent}`);

function mayNotSet(label: string): boolean {
  const domain = label.slice(0, Math.max(0, label.indexOf('/')));
  if (within(domain, PROTECTED)) return true;
  if (!within(domain, 'kubernetes.io') && !within(domain, 'k8s.io')) return false;
  return !OWN_LABELS.has(label) && !OWN_DOMAINS.some((own) => within(domain, own));
}

/** The labels that are other than before and not the node's to set, in order. */
function forbiddenLabels({ object, old }: AdmissionRequest): string {
  const [now, before] = [object?.metadata.labels ?? {}, old?.metadata.labels ?? {}];
  const changed = new Set([...Object.keys(now), ...Object.keys(before)].filter((key) => now[key] !== before[key]));
  return [...changed].filter(mayNotSet).sort().join(', ');
}

/** Registers itself and reports, and steers no pods to itself by labels, taints or what its owners are. */
export const node: NodeRule = (request, own) => {
  const name = nameOf(request);
  const it = `node ${JSON.stringify(own)}`;
  if (name !== own) throw refuse(request, `${it} is not allowed to modify node ${JSON.stringify(name)}`);
  if (request.operation === 'CREATE') {
    if (incoming(request, 'nodes').spec?.configSource)
      throw refuse(request, `${it} is not allowed to create pods with a non-nil configSource`);
    const labels = forbiddenLabels(request);
    if (labels) throw refuse(request, `${it} is not allowed to set the following labels: ${labels}`);
  }
  if (request.operation !== 'UPDATE') return;
  const [now, old] = [incoming(request, 'nodes'), previous(request, 'nodes')];
  if (now.spec?.configSource && !sameJson(now.spec.configSource, old.spec?.configSource))
    throw refuse(request, `${it} is not allowed to update configSource to a new non-nil configSource`);
  if (!sameJson(now.spec?.taints ?? [], old.spec?.taints ?? []))
    throw refuse(request, `${it} is not allowed to modify taints`);
  if (!sameJson(now.metadata.ownerReferences ?? [], old.metadata.ownerReferences ?? []))
    throw refuse(request, `${it} is not allowed to modify ownerReferences`);
  const labels = forbiddenLabels(request);
  if (labels) throw refuse(request, `is not allowed to modify labels: ${labels}`);
};
