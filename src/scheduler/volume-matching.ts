import type { PersistentVolume, PersistentVolumeClaim, Pod } from '../../schema/types.ts';
import { matchingVolume, storageClassOf, wantedStorage } from '../rules/matching-volume.ts';
import { claimOf } from '../rules/pod-claims.ts';
import { matchesTerm } from '../rules/node-selector.ts';
import type { NodeInfo } from './node-info.ts';
import type { ClusterView, Snapshot } from './snapshot.ts';

/** On a claim: the node on which its volume is to be made. */
export const SELECTED_NODE = 'volume.kubernetes.io/selected-node';

/** A volume that a claim takes, or the claim alone, for which one is to be made on the node. */
export interface Binding {
  claim: PersistentVolumeClaim;
  volume: PersistentVolume | undefined;
}

/** A claim that the pod names, and whether it is one that is made for this pod (a generic ephemeral volume). */
export interface ClaimName {
  name: string;
  ephemeral: boolean;
}

export const claimNames = (pod: Pod): ClaimName[] =>
  (pod.spec?.volumes ?? []).flatMap((volume): ClaimName[] => {
    const name = claimOf(pod, volume);
    return name === undefined ? [] : [{ name, ephemeral: !volume.persistentVolumeClaim }];
  });

/** Bound from both sides: the controller of volumes is done with it. */
export const isBound = (claim: PersistentVolumeClaim): boolean =>
  !!claim.spec?.volumeName && claim.metadata.annotations?.['pv.kubernetes.io/bind-completed'] !== undefined;

/** Whether its class binds claims only when a pod needs them. One that names its volume already does not wait. */
export const waitsForConsumer = (claim: PersistentVolumeClaim, { storageClass }: ClusterView): boolean =>
  !claim.spec?.volumeName && storageClass(storageClassOf(claim))?.volumeBindingMode === 'WaitForFirstConsumer';

export const reaches = (volume: PersistentVolume, { node }: NodeInfo): boolean => {
  const terms = volume.spec?.nodeAffinity?.required?.nodeSelectorTerms;
  return !terms || terms.some((term) => matchesTerm(term, node));
};

/**
 * What the waiting claims get on the node; undefined when one of them gets nothing. Those for which the node has been
 * chosen already get a new volume, and the smallest of the others is served first. Source: volumebinding FindPodVolumes.
 */
export function bindingsOn(
  waiting: readonly PersistentVolumeClaim[],
  node: NodeInfo,
  { cluster }: Snapshot,
): Binding[] | undefined {
  const selected = (claim: PersistentVolumeClaim): string | undefined => claim.metadata.annotations?.[SELECTED_NODE];
  if (waiting.some((claim) => (selected(claim) ?? node.name) !== node.name)) return undefined;
  const taken = new Set<string>();
  const circumstances = { taken, reaches: (volume: PersistentVolume) => reaches(volume, node) };
  const find = (claim: PersistentVolumeClaim): PersistentVolume | undefined =>
    matchingVolume(claim, cluster.volumes(storageClassOf(claim)), circumstances);
  const bindings: Binding[] = [];
  for (const claim of waiting.toSorted((a, b) => wantedStorage(a) - wantedStorage(b))) {
    const volume = selected(claim) === undefined ? find(claim) : undefined;
    if (!volume && !canProvision(claim, node, cluster)) return undefined;
    if (volume) taken.add(volume.metadata.name);
    bindings.push({ claim, volume });
  }
  return bindings;
}

function canProvision(claim: PersistentVolumeClaim, { node }: NodeInfo, { storageClass }: ClusterView): boolean {
  const storage = storageClass(storageClassOf(claim));
  if (!storage?.provisioner || storage.provisioner === 'kubernetes.io/no-provisioner') return false;
  const topologies = storage.allowedTopologies ?? [];
  if (topologies.length === 0) return true;
  return topologies.some(({ matchLabelExpressions = [] }) =>
    matchLabelExpressions.every(({ key, values }) => values.includes(node.metadata.labels?.[key] ?? '')),
  );
}
