import type { Pod, Resources } from '../../schema/types.ts';
import type { ObjectOf } from '../client/contract.ts';
import type { OwnerReference } from '../meta/object.ts';
import { claim } from './adopt.ts';
import type { Context, Key } from './contract.ts';
import { semanticEqual } from './equal.ts';
import { byController, byOrphanage, controllerOf, controllerRef, keyFor, keyOf } from './keys.ts';
import type { LabelMatcher } from './selector.ts';

/** A kind whose objects own pods by a selector. */
export interface PodOwner<R extends keyof Resources> {
  /** `replicasets.apps` */
  resource: R;
  /** `apps/v1` */
  apiVersion: string;
  kind: string;
  /** what the labels of its pods match */
  selects(owner: ObjectOf<R>): LabelMatcher;
}

/** The indexes of pods that `claimPods` reads. */
export const POD_INDEXES = { controller: byController, orphans: byOrphanage };

export const podOwnerReference = <R extends keyof Resources>(kind: PodOwner<R>, owner: ObjectOf<R>): OwnerReference =>
  controllerRef(owner, kind.apiVersion, kind.kind);

/**
 * The pods that belong to an owner: those that it keeps and those that it adopts (see `claim`).
 * @param adoptable which of the pods that nobody controls it may take
 */
export function claimPods<R extends keyof Resources>(
  kind: PodOwner<R>,
  owner: ObjectOf<R>,
  ctx: Context,
  adoptable: (pod: Pod) => boolean = () => true,
): Promise<Pod[]> {
  const pods = ctx.informer('pods');
  return claim({
    client: ctx.client,
    resource: 'pods',
    owner,
    ownerResource: kind.resource,
    reference: podOwnerReference(kind, owner),
    matches: kind.selects(owner),
    owned: pods.index('controller', owner.metadata.uid),
    orphans: pods.index('orphans', owner.metadata.namespace ?? '').filter(adoptable),
  });
}

/** Who has to look when a pod changed: its controller, the one it had before, and whoever may adopt it. */
export function podOwnerKeys<R extends keyof Resources>(
  kind: PodOwner<R>,
  pod: Pod | undefined,
  old: Pod | undefined,
  ctx: Context,
): Key[] {
  const keys = new Set<Key>();
  for (const object of [pod, old]) {
    const owner = object && controllerOf(object);
    if (owner?.kind === kind.kind && owner.apiVersion === kind.apiVersion)
      keys.add(keyFor(object?.metadata.namespace, owner.name));
  }
  if (pod && isNewOrphan(pod, old)) {
    for (const owner of ctx.informer(kind.resource).list(pod.metadata.namespace ?? ''))
      if (kind.selects(owner)(pod.metadata.labels)) keys.add(keyOf(owner));
  }
  return [...keys];
}

const isNewOrphan = (pod: Pod, old: Pod | undefined): boolean =>
  !controllerOf(pod) &&
  !pod.metadata.deletionTimestamp &&
  (!old || !!controllerOf(old) || !semanticEqual(pod.metadata.labels, old.metadata.labels));
