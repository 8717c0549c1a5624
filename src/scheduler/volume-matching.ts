import type { PersistentVolume, PersistentVolumeClaim, Pod } from '../../schema/types.ts';
import { labelMatcher } from '../control/selector.ts';
import { quantityValue } from '../meta/quantity.ts';
import { matchesTerm } from '../rules/node-selector.ts';
import type { NodeInfo } from './node-info.ts';
import type { ClusterView, Snapshot } from './snapshot.ts';

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
    if (volume.persistentVolumeClaim) return [{ name: volume.persistentVolumeClaim.claimName, ephemeral: false }];
    return volume.ephemeral ? [{ name: `${pod.metadata.name}-${volume.name}`, ephemeral: true }] : [];
  });

/** Bound from both sides: the controller of volumes is done with it. */
export const isBound = (claim: PersistentVolumeClaim): boolean =>
  !!claim.spec?.volumeName && claim.metadata.annotations?.['pv.kubernetes.io/bind-completed'] !== undefined;

/** The annotation is older than the field, and still wins. */
const classOf = ({ metadata, spec }: PersistentVolumeClaim): string =>
  metadata.annotations?.['volume.beta.kubernetes.io/storage-class'] ?? spec?.storageClassName ?? '';

/** Whether its class binds claims only when a pod needs them. One that names its volume already does not wait. */
export const waitsForConsumer = (claim: PersistentVolumeClaim, { storageClass }: ClusterView): boolean =>
  !claim.spec?.volumeName && storageClass(classOf(claim))?.volumeBindingMode === 'WaitForFirstConsumer';

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
  const selected = (claim: PersistentVolumeClaim): string | undefined =>
    claim.metadata.annotations?.['volume.kubernetes.io/selected-node'];
  if (waiting.some((claim) => (selected(claim) ?? node.name) !== node.name)) return undefined;
  const taken = new Set<string>();
  const bindings: Binding[] = [];
  for (const claim of waiting.toSorted((a, b) => wanted(a) - wanted(b))) {
    const volume = selected(claim) === undefined ? findVolume(claim, node, cluster, taken) : undefined;
    if (!volume && !canProvision(claim, node, cluster)) return undefined;
    if (volume) taken.add(volume.metadata.name);
    bindings.push({ claim, volume });
  }
  return bindings;
}

const storageOf = (amounts: Readonly<Record<string, unknown>> | undefined): number =>
  quantityValue((amounts?.['storage'] as string | undefined) ?? '0');
const wanted = ({ spec }: PersistentVolumeClaim): number => storageOf(spec?.resources?.requests);

/** The volume that is kept for the claim, or else the smallest free one of its class that is large enough. */
function findVolume(
  claim: PersistentVolumeClaim,
  node: NodeInfo,
  { volumes }: ClusterView,
  taken: ReadonlySet<string>,
): PersistentVolume | undefined {
  const { spec } = claim;
  const matches = spec?.selector ? labelMatcher(spec.selector) : () => true;
  const size = (volume: PersistentVolume): number => storageOf(volume.spec?.capacity);
  let smallest: PersistentVolume | undefined;
  for (const volume of volumes(classOf(claim))) {
    if (taken.has(volume.metadata.name) || volume.metadata.deletionTimestamp) continue;
    if (volume.spec?.claimRef && !isKeptFor(volume, claim)) continue;
    if (size(volume) < wanted(claim)) continue;
    if ((volume.spec?.volumeMode ?? 'Filesystem') !== (spec?.volumeMode ?? 'Filesystem')) continue;
    if ((volume.spec?.volumeAttributesClassName ?? '') !== (spec?.volumeAttributesClassName ?? '')) continue;
    if (volume.spec?.claimRef) return reaches(volume, node) ? volume : undefined;
    if (volume.status?.phase !== 'Available' || !matches(volume.metadata.labels) || !reaches(volume, node)) continue;
    if (!(spec?.accessModes ?? []).every((mode) => volume.spec?.accessModes?.includes(mode))) continue;
    if (!smallest || size(volume) < size(smallest)) smallest = volume;
  }
  return smallest;
}

/** Its owner is written on it, by name and perhaps by uid. */
function isKeptFor({ spec }: PersistentVolume, { metadata }: PersistentVolumeClaim): boolean {
  const { namespace, name, uid } = spec?.claimRef ?? {};
  return name === metadata.name && namespace === metadata.namespace && (!uid || uid === metadata.uid);
}

function canProvision(claim: PersistentVolumeClaim, { node }: NodeInfo, { storageClass }: ClusterView): boolean {
  const storage = storageClass(classOf(claim));
  if (!storage?.provisioner || storage.provisioner === 'kubernetes.io/no-provisioner') return false;
  const topologies = storage.allowedTopologies ?? [];
  if (topologies.length === 0) return true;
  return topologies.some(({ matchLabelExpressions = [] }) =>
    matchLabelExpressions.every(({ key, values }) => values.includes(node.metadata.labels?.[key] ?? '')),
  );
}
