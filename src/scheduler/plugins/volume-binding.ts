import type { PersistentVolumeClaim, Pod } from '../../../schema/types.ts';
import { controllerOf } from '../../control/keys.ts';
import { semanticEqual } from '../../control/equal.ts';
import type { NodeInfo } from '../node-info.ts';
import { reject, type Plugin } from '../plugin.ts';
import type { ClusterView, Snapshot } from '../snapshot.ts';
import {
  bindingsOn,
  claimNames,
  isBound,
  reaches,
  waitsForConsumer,
  type Binding,
  type ClaimName,
} from '../volume-matching.ts';

interface State {
  bound: PersistentVolumeClaim[];
  /** of classes that wait for the first consumer */
  waiting: PersistentVolumeClaim[];
}

/** Claims of the pod: bound ones must be reachable from the node, waiting ones must find or get a volume there. */
export const volumeBinding: Plugin<State> = {
  name: 'VolumeBinding',
  events: [
    {
      resource: 'persistentvolumeclaims',
      on: ['add', 'update'],
      helps: (pod, claim) =>
        claim?.metadata.namespace === pod.metadata.namespace &&
        claimNames(pod).some(({ name }) => name === claim?.metadata.name),
    },
    { resource: 'persistentvolumes', on: ['add', 'update'] },
    {
      resource: 'storageclasses.storage.k8s.io',
      on: ['add', 'update'],
      helps: (_pod, storage, old) => !old || !semanticEqual(old['allowedTopologies'], storage?.['allowedTopologies']),
    },
    { resource: 'nodes', on: ['add', 'update'] },
    { resource: 'csidrivers.storage.k8s.io', on: ['add', 'update'] },
    { resource: 'csistoragecapacities.storage.k8s.io', on: ['add', 'update'] },
  ],
  prepareFilter({ pod }, { cluster }) {
    const names = claimNames(pod);
    if (names.length === 0) return undefined;
    const state: State = { bound: [], waiting: [] };
    const claims: PersistentVolumeClaim[] = [];
    for (const named of names) {
      const claim = cluster.claim(pod.metadata.namespace ?? '', named.name);
      const fault = faultOf(pod, named, claim);
      if (fault !== undefined) return { state, reject: reject(fault, true) };
      if (claim) claims.push(claim);
    }
    for (const claim of claims) {
      if (isBound(claim)) state.bound.push(claim);
      else if (waitsForConsumer(claim, cluster)) state.waiting.push(claim);
      else return { state, reject: reject('pod has unbound immediate PersistentVolumeClaims', true) };
    }
    return { state };
  },
  filter({ bound, waiting }, _pod, node, snapshot) {
    const reasons: string[] = [];
    const fault = boundFault(bound, node, snapshot.cluster);
    if (fault === CONFLICT) reasons.push(fault);
    const bindings = waiting.length ? bindingsOn(waiting, node, snapshot) : [];
    if (typeof bindings === 'string') reasons.push(bindings);
    if (fault === ABSENT) reasons.push(fault);
    return reasons.length ? { reasons, unresolvable: true } : undefined;
  },
};

/** Why no node will do as long as the claim is like this. */
function faultOf(pod: Pod, { name, ephemeral }: ClaimName, claim: PersistentVolumeClaim | undefined) {
  const quoted = `persistentvolumeclaim "${name}"`;
  if (!claim) {
    return ephemeral ? `waiting for ephemeral volume controller to create the ${quoted}` : `${quoted} not found`;
  }
  const { metadata, spec, status } = claim;
  if (status?.phase === 'Lost') return `${quoted} bound to non-existent persistentvolume "${spec?.volumeName ?? ''}"`;
  if (metadata.deletionTimestamp) return `${quoted} is being deleted`;
  if (ephemeral && controllerOf(claim)?.uid !== pod.metadata.uid) {
    const of = `${pod.metadata.namespace}/${pod.metadata.name}`;
    return `PVC ${metadata.namespace}/${name} was not created for pod ${of} (pod is not owner)`;
  }
  return undefined;
}

const CONFLICT = "node(s) didn't match PersistentVolume's node affinity";
const ABSENT = 'node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)';

/** Of the first claim that has one. */
function boundFault(bound: readonly PersistentVolumeClaim[], node: NodeInfo, { volume }: ClusterView) {
  for (const { spec } of bound) {
    const found = volume(spec?.volumeName ?? '');
    if (!found) return ABSENT;
    if (!reaches(found, node)) return CONFLICT;
  }
  return undefined;
}

/** What must be written before a pod may go to the node: the volumes that its waiting claims take there. */
export function bindingsFor(pod: Pod, node: NodeInfo, snapshot: Snapshot): Binding[] {
  const claims = claimNames(pod).flatMap(
    ({ name }) => snapshot.cluster.claim(pod.metadata.namespace ?? '', name) ?? [],
  );
  const waiting = claims.filter((claim) => !isBound(claim));
  const bindings = bindingsOn(waiting, node, snapshot);
  return typeof bindings === 'string' ? [] : bindings;
}
