import type { PersistentVolume, PersistentVolumeClaim, Pod } from '../../../schema/types.ts';
import { quantityValue } from '../../meta/quantity.ts';
import { labelMatcher } from '../../control/selector.ts';
import { matchesTerm } from '../../rules/node-selector.ts';
import type { NodeInfo } from '../node-info.ts';
import { reject, type Plugin } from '../plugin.ts';
import type { Snapshot } from '../snapshot.ts';

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
      helps: (pod, claim) => claim?.metadata.namespace === pod.metadata.namespace,
    },
    { resource: 'persistentvolumes', on: ['add', 'update'] },
    { resource: 'storageclasses.storage.k8s.io', on: ['add', 'update'] },
    { resource: 'nodes', on: ['add', 'update'] },
  ],
  prepareFilter({ pod }, { cluster }) {
    const names = claimNames(pod);
    if (names.length === 0) return undefined;
    const state: State = { bound: [], waiting: [] };
    for (const name of names) {
      const claim = cluster.claim(pod.metadata.namespace ?? '', name);
      if (!claim) return { state, reject: reject(`persistentvolumeclaim "${name}" not found`, true) };
      if (claim.metadata.deletionTimestamp) {
        return { state, reject: reject(`persistentvolumeclaim "${name}" is being deleted`, true) };
      }
      if (isBound(claim)) state.bound.push(claim);
      else if (cluster.storageClass(claim.spec?.storageClassName ?? '')?.volumeBindingMode === 'WaitForFirstConsumer')
        state.waiting.push(claim);
      else return { state, reject: reject('pod has unbound immediate PersistentVolumeClaims', true) };
    }
    return { state };
  },
  filter({ bound, waiting }, _pod, node, snapshot) {
    for (const claim of bound) {
      const volume = snapshot.cluster.volume(claim.spec!.volumeName!);
      if (!volume) return reject('node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)', true);
      if (!reaches(volume, node)) return reject("node(s) didn't match PersistentVolume's node affinity", true);
    }
    const taken = new Set<string>();
    for (const claim of waiting) {
      const volume = findVolume(claim, node, snapshot, taken);
      if (volume) taken.add(volume.metadata.name);
      else if (!canProvision(claim, node, snapshot))
        return reject("node(s) didn't find available persistent volumes to bind", true);
    }
    return undefined;
  },
};

const claimNames = (pod: Pod): string[] =>
  (pod.spec?.volumes ?? []).flatMap((volume) =>
    volume.persistentVolumeClaim
      ? [volume.persistentVolumeClaim.claimName]
      : volume.ephemeral
        ? [`${pod.metadata.name}-${volume.name}`]
        : [],
  );

const isBound = (claim: PersistentVolumeClaim): boolean =>
  !!claim.spec?.volumeName && claim.metadata.annotations?.['pv.kubernetes.io/bind-completed'] !== undefined;

const reaches = (volume: PersistentVolume, { node }: NodeInfo): boolean => {
  const terms = volume.spec?.nodeAffinity?.required?.nodeSelectorTerms;
  return !terms || terms.some((term) => matchesTerm(term, node));
};

/** What must be written before a pod may go to the node: the volumes that its waiting claims take there. */
export function bindingsFor(
  pod: Pod,
  node: NodeInfo,
  snapshot: Snapshot,
): { claim: PersistentVolumeClaim; volume: PersistentVolume | undefined }[] {
  const taken = new Set<string>();
  return claimNames(pod).flatMap((name) => {
    const claim = snapshot.cluster.claim(pod.metadata.namespace ?? '', name);
    if (!claim || isBound(claim)) return [];
    const volume = findVolume(claim, node, snapshot, taken);
    if (volume) taken.add(volume.metadata.name);
    return [{ claim, volume }];
  });
}

/** The smallest free volume of the class that is large enough and reaches the node. */
function findVolume(
  claim: PersistentVolumeClaim,
  node: NodeInfo,
  snapshot: Snapshot,
  taken: ReadonlySet<string>,
): PersistentVolume | undefined {
  const wanted = quantityValue((claim.spec?.resources?.requests?.['storage'] as string | undefined) ?? '0');
  const matches = claim.spec?.selector ? labelMatcher(claim.spec.selector) : () => true;
  const size = (volume: PersistentVolume): number =>
    quantityValue((volume.spec?.capacity?.['storage'] as string | undefined) ?? '0');
  return snapshot.cluster
    .volumes(claim.spec?.storageClassName ?? '')
    .filter((volume) => {
      const owner = volume.spec?.claimRef;
      const free = owner
        ? owner.namespace === claim.metadata.namespace && owner.name === claim.metadata.name
        : volume.status?.phase === 'Available';
      const modes = (claim.spec?.accessModes ?? []).every((mode) => volume.spec?.accessModes?.includes(mode));
      const sameMode = (volume.spec?.volumeMode ?? 'Filesystem') === (claim.spec?.volumeMode ?? 'Filesystem');
      return (
        free &&
        modes &&
        sameMode &&
        !taken.has(volume.metadata.name) &&
        size(volume) >= wanted &&
        matches(volume.metadata.labels) &&
        reaches(volume, node)
      );
    })
    .sort((a, b) => size(a) - size(b))[0];
}

function canProvision(claim: PersistentVolumeClaim, { node }: NodeInfo, { cluster }: Snapshot): boolean {
  const storage = cluster.storageClass(claim.spec?.storageClassName ?? '');
  if (!storage || storage.provisioner === 'kubernetes.io/no-provisioner') return false;
  const topologies = storage.allowedTopologies ?? [];
  if (topologies.length === 0) return true;
  return topologies.some(({ matchLabelExpressions = [] }) =>
    matchLabelExpressions.every(({ key, values }) => values.includes(node.metadata.labels?.[key] ?? '')),
  );
}
