import type { Deployment, ReplicaSet } from '../../schema/types.ts';
import { scaledValue } from '../control/percent.ts';
import { byAge, maxOf, replicasOf, sumReplicas } from './deployment-sets.ts';

export const isRolling = (deployment: Deployment): boolean => deployment.spec?.strategy?.type !== 'Recreate';

/** maxSurge and maxUnavailable as counts of pods; never both 0, or nothing would move. */
function fenceposts(deployment: Deployment): { surge: number; unavailable: number } {
  const { maxSurge, maxUnavailable } = deployment.spec?.strategy?.rollingUpdate ?? {};
  const total = replicasOf(deployment);
  const surge = scaledValue(maxSurge ?? '25%', total, true);
  const unavailable = scaledValue(maxUnavailable ?? '25%', total, false);
  return { surge, unavailable: surge === 0 && unavailable === 0 ? 1 : unavailable };
}

export const maxSurge = (deployment: Deployment): number => (isRolling(deployment) ? fenceposts(deployment).surge : 0);

export const maxUnavailable = (deployment: Deployment): number =>
  isRolling(deployment) && replicasOf(deployment) > 0
    ? Math.min(fenceposts(deployment).unavailable, replicasOf(deployment))
    : 0;

/** How large the new set may be now: as much as the surge leaves. */
export function newSetSize(deployment: Deployment, sets: readonly ReplicaSet[], current: number): number {
  const wanted = replicasOf(deployment);
  if (!isRolling(deployment)) return wanted;
  const room = wanted + maxSurge(deployment) - sumReplicas(sets);
  return room <= 0 ? current : current + Math.min(room, wanted - current);
}

/**
 * Sizes of active sets when a Deployment is scaled in the middle of a rollout: what is added or taken is shared in
 * proportion to the sets' sizes, so that the risk of the rollout stays what it was. Leftovers go to the largest.
 */
export function proportionalSizes(deployment: Deployment, sets: readonly ReplicaSet[]): Map<ReplicaSet, number> {
  const wanted = replicasOf(deployment);
  const allowed = wanted > 0 ? wanted + maxSurge(deployment) : 0;
  const toAdd = allowed - sumReplicas(sets);
  const bySize = [...sets].sort((a, b) => replicasOf(b) - replicasOf(a) || (toAdd > 0 ? byAge(b, a) : byAge(a, b)));
  const sizes = new Map<ReplicaSet, number>();
  let added = 0;
  for (const set of bySize) {
    const share = toAdd === 0 ? 0 : proportion(set, deployment, toAdd, added);
    sizes.set(set, replicasOf(set) + share);
    added += share;
  }
  const largest = bySize[0];
  if (largest && toAdd !== 0) sizes.set(largest, Math.max(0, sizes.get(largest)! + toAdd - added));
  return sizes;
}

function proportion(set: ReplicaSet, deployment: Deployment, toAdd: number, added: number): number {
  const size = replicasOf(set);
  if (size === 0) return 0;
  const before = maxOf(set) || replicasOf(deployment) + maxSurge(deployment);
  const now = replicasOf(deployment) + maxSurge(deployment);
  const fraction = replicasOf(deployment) === 0 ? -size : roundHalfAway((size * now) / before) - size;
  const left = toAdd - added;
  return toAdd > 0 ? Math.min(fraction, left) : Math.max(fraction, left);
}

const roundHalfAway = (value: number): number => Math.sign(value) * Math.floor(Math.abs(value) + 0.5);
