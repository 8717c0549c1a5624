import type { Deployment, PodTemplateSpec, ReplicaSet } from '../../schema/types.ts';
import { semanticEqual } from '../control/equal.ts';
import { timeMs } from '../meta/time.ts';
import {
  DESIRED_REPLICAS,
  HASH_LABEL,
  MAX_REPLICAS,
  OWN_ANNOTATIONS,
  parseRevision,
  REVISION,
  REVISION_HISTORY,
} from '../rules/deployment-marks.ts';

/** Characters of the revision history annotation; the oldest revisions go first. */
const HISTORY_LENGTH = 2000;

export const replicasOf = (object: Deployment | ReplicaSet): number => object.spec?.replicas ?? 1;
export const sumReplicas = (sets: readonly ReplicaSet[]): number => sets.reduce((sum, set) => sum + replicasOf(set), 0);
export const sumStatus = (
  sets: readonly ReplicaSet[],
  field: 'replicas' | 'readyReplicas' | 'availableReplicas',
): number => sets.reduce((sum, set) => sum + (set.status?.[field] ?? 0), 0);
export const active = (sets: readonly ReplicaSet[]): ReplicaSet[] => sets.filter((set) => replicasOf(set) > 0);
/** The revision that a set says it has: 0 where it says none, undefined where what it says is no int64. */
export function revisionOf(set: ReplicaSet): bigint | undefined {
  return parseRevision(set.metadata.annotations?.[REVISION] ?? '0');
}

/** The revision after those of all these sets; it wraps as an int64 does. */
export function nextRevision(sets: readonly ReplicaSet[]): bigint {
  let highest = 0n;
  for (const set of sets) {
    const revision = revisionOf(set) ?? 0n;
    if (revision > highest) highest = revision;
  }
  return BigInt.asIntN(64, highest + 1n);
}

/** The oldest revision first; age decides among equal ones, and where one cannot be read. */
export function byRevision(a: ReplicaSet, b: ReplicaSet): number {
  const [left, right] = [revisionOf(a), revisionOf(b)];
  if (left === undefined || right === undefined || left === right) return byAge(a, b);
  return left < right ? -1 : 1;
}

/** Oldest first; names decide among those of one second. */
export const byAge = (a: ReplicaSet, b: ReplicaSet): number =>
  timeMs(a.metadata.creationTimestamp) - timeMs(b.metadata.creationTimestamp) ||
  (a.metadata.name < b.metadata.name ? -1 : 1);

/** The same template, whatever hash label the ReplicaSet put into it. */
export function sameTemplate(a: PodTemplateSpec | undefined, b: PodTemplateSpec | undefined): boolean {
  const plain = (template: PodTemplateSpec | undefined): unknown => {
    const { [HASH_LABEL]: _, ...labels } = template?.metadata?.labels ?? {};
    return { ...template, metadata: { ...template?.metadata, labels } };
  };
  return semanticEqual(plain(a), plain(b));
}

/** The ReplicaSet of the current template: the oldest where several have it. */
export const findNew = (deployment: Deployment, sets: readonly ReplicaSet[]): ReplicaSet | undefined =>
  [...sets].sort(byAge).find((set) => sameTemplate(set.spec?.template, deployment.spec?.template));

/** The annotations that say how large the Deployment was when the set was scaled last. */
export const sizeAnnotations = (replicas: number, max: number): Record<string, string> => ({
  [DESIRED_REPLICAS]: String(replicas),
  [MAX_REPLICAS]: String(max),
});
export const desiredOf = (set: ReplicaSet): number | undefined => integer(set.metadata.annotations?.[DESIRED_REPLICAS]);
export const maxOf = (set: ReplicaSet): number | undefined => integer(set.metadata.annotations?.[MAX_REPLICAS]);
const integer = (text: string | undefined): number | undefined =>
  text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;

/** What the annotations of the new ReplicaSet become: the Deployment's, its revision, and the revisions that it had before. */
export function newSetAnnotations(
  deployment: Deployment,
  set: ReplicaSet | undefined,
  revision: bigint,
): Record<string, string> {
  const annotations = { ...set?.metadata.annotations };
  for (const [key, value] of Object.entries(deployment.metadata.annotations ?? {}))
    if (!OWN_ANNOTATIONS.has(key)) annotations[key] = value;
  const old = set ? revisionOf(set) : 0n;
  // what cannot be counted on stays as it is
  if (old === undefined || old >= revision) return annotations;
  const before = annotations[REVISION];
  annotations[REVISION] = String(revision);
  if (before !== undefined) {
    const history = [...(annotations[REVISION_HISTORY]?.split(',') ?? []), before];
    while (history.join(',').length > HISTORY_LENGTH && history.length > 1) history.shift();
    annotations[REVISION_HISTORY] = history.join(',');
  }
  return annotations;
}
