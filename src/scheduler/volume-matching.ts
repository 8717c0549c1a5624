import type { Node, PersistentVolume, PersistentVolumeClaim, Pod, StorageClass } from '../../schema/types.ts';
import { labelSelectorAsSelector } from '../meta/labels.ts';
import { quantityValue } from '../meta/quantity.ts';
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

const NO_VOLUME = "node(s) didn't find available persistent volumes to bind";
const NO_ROOM = 'node(s) did not have enough free storage';

/**
 * What the waiting claims get on the node, or why one of them gets nothing. Those for which the node has been chosen
 * already get a new volume, and the smallest of the others is served first. Source: volumebinding FindPodVolumes.
 */
export function bindingsOn(
  waiting: readonly PersistentVolumeClaim[],
  node: NodeInfo,
  { cluster }: Snapshot,
): Binding[] | string {
  const selected = (claim: PersistentVolumeClaim): string | undefined => claim.metadata.annotations?.[SELECTED_NODE];
  if (waiting.some((claim) => (selected(claim) ?? node.name) !== node.name)) return NO_VOLUME;
  const taken = new Set<string>();
  const circumstances = { taken, reaches: (volume: PersistentVolume) => reaches(volume, node) };
  const find = (claim: PersistentVolumeClaim): PersistentVolume | undefined =>
    matchingVolume(claim, cluster.volumes(storageClassOf(claim)), circumstances);
  const bindings: Binding[] = [];
  for (const claim of waiting.toSorted((a, b) => wantedStorage(a) - wantedStorage(b))) {
    const volume = selected(claim) === undefined ? find(claim) : undefined;
    const lack = volume ? undefined : whyNotMade(claim, node, cluster);
    if (lack !== undefined) return lack;
    if (volume) taken.add(volume.metadata.name);
    bindings.push({ claim, volume });
  }
  return bindings;
}

/** Why no volume can be made for the claim on the node. */
function whyNotMade(claim: PersistentVolumeClaim, { node }: NodeInfo, cluster: ClusterView): string | undefined {
  const storage = cluster.storageClass(storageClassOf(claim));
  if (!storage?.provisioner || storage.provisioner === 'kubernetes.io/no-provisioner') return NO_VOLUME;
  const topologies = storage.allowedTopologies ?? [];
  const within = topologies.some(({ matchLabelExpressions = [] }) =>
    matchLabelExpressions.every(({ key, values }) => values.includes(node.metadata.labels?.[key] ?? '')),
  );
  if (topologies.length && !within) return NO_VOLUME;
  return hasRoom(claim, storage, node, cluster) ? undefined : NO_ROOM;
}

/** Drivers that publish how much room there is, and where, are believed (KEP-1472). */
function hasRoom(
  claim: PersistentVolumeClaim,
  { metadata, provisioner }: StorageClass,
  node: Node,
  cluster: ClusterView,
): boolean {
  if (claim.spec?.resources?.requests?.['storage'] === undefined) return true;
  if (!cluster.csiDriver(provisioner)?.spec.storageCapacity) return true;
  const bytes = wantedStorage(claim);
  return cluster.capacities(metadata.name).some(({ capacity, maximumVolumeSize, nodeTopology }) => {
    const limit = maximumVolumeSize ?? capacity;
    if (limit === undefined || quantityValue(limit) < bytes || !nodeTopology) return false;
    return labelSelectorAsSelector(nodeTopology).matches(node.metadata.labels);
  });
}
