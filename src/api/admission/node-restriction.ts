import { forbiddenRequest } from '../../meta/status.ts';
import { nodeNameOf } from '../authorization/node-authorizer.ts';
import { sameJson } from '../patch/equal.ts';
import { keyOf, resourceOf } from '../target.ts';
import { objectAs } from '../object-as.ts';
import { previous, validated } from './objects.ts';
import { isMirrorPod } from './pods.ts';
import { requestName, type AdmissionPlugin, type AdmissionRequest } from './plugin.ts';

const PROTECTED = 'node-restriction.kubernetes.io';
/** Labels of kubernetes.io and k8s.io that a node may give itself. */
const OWN_LABELS = new Set([
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

type Rule = (request: AdmissionRequest, node: string, refuse: (why: string) => Error) => void;

const nodes: Rule = (request, node, refuse) => {
  const { operation, object, old, target } = request;
  const name = target.name || object?.metadata.name;
  if (name !== node) throw refuse(`node ${JSON.stringify(node)} is not allowed to modify node ${JSON.stringify(name)}`);
  if (operation === 'DELETE' || target.subresource === 'status') return;
  const [now, before] = [object!.metadata.labels ?? {}, old?.metadata.labels ?? {}];
  const changed = [...new Set([...Object.keys(now), ...Object.keys(before)])].filter((k) => now[k] !== before[k]);
  const bad = changed.filter(mayNotSet).sort();
  if (bad.length)
    throw refuse(
      `is not allowed to ${operation === 'CREATE' ? 'set' : 'modify'} the following labels: ${bad.join(', ')}`,
    );
  const { spec } = validated(request, 'nodes');
  if (operation === 'UPDATE' && !sameJson(spec?.taints ?? [], previous(request, 'nodes').spec?.taints ?? [])) {
    throw refuse(`node ${JSON.stringify(node)} is not allowed to modify taints`);
  }
  if (operation === 'CREATE' && spec?.configSource)
    throw refuse('is not allowed to create pods with a non-nil configSource');
};

const pods: Rule = (request, node, refuse) => {
  const { operation, target, store } = request;
  if (operation === 'CREATE' && target.subresource === '') {
    const pod = validated(request, 'pods');
    if (!isMirrorPod(pod))
      throw refuse(
        `pod does not have "kubernetes.io/config.mirror" annotation, node ${JSON.stringify(node)} can only create mirror pods`,
      );
    if (pod.spec?.nodeName !== node)
      throw refuse(`node ${JSON.stringify(node)} can only create pods with spec.nodeName set to itself`);
    return;
  }
  const stored = request.old ? undefined : store.get(keyOf({ ...target, subresource: '' }));
  const pod = request.old ? previous(request, 'pods') : stored && objectAs('pods', stored);
  if (pod && pod.spec?.nodeName !== node) {
    const what =
      target.subresource === 'status'
        ? 'update status for'
        : operation === 'DELETE'
          ? 'delete'
          : target.subresource === 'eviction'
            ? 'evict'
            : 'update';
    throw refuse(`node ${JSON.stringify(node)} can only ${what} pods with spec.nodeName set to itself`);
  }
};

const leases: Rule = ({ target, object }, node, refuse) => {
  if (target.namespace !== 'kube-node-lease')
    throw refuse('can only access leases in the "kube-node-lease" system namespace');
  if ((target.name || object?.metadata.name) !== node)
    throw refuse('can only access node lease with the same name as the requesting node');
};

const csiNodes: Rule = ({ target, object }, node, refuse) => {
  if ((target.name || object?.metadata.name) !== node)
    throw refuse('can only access CSINode with the same name as the requesting node');
};

const rules: Readonly<Record<string, Rule>> = {
  nodes,
  pods,
  'leases.coordination.k8s.io': leases,
  'csinodes.storage.k8s.io': csiNodes,
};

/** A node agent changes its own node and the pods on it, and nothing else (KEP-279). */
export const nodeRestriction: AdmissionPlugin = {
  name: 'NodeRestriction',
  handles: (target, operation) => target.kind.storage.key in rules && operation !== 'CONNECT',
  validate(request) {
    const node = nodeNameOf(request.ctx.user);
    if (node === undefined) return;
    const refuse = (why: string): Error => forbiddenRequest(resourceOf(request.target.kind), requestName(request), why);
    rules[request.target.kind.storage.key]?.(request, node, refuse);
  },
};
