import type { Pod, PodTemplateSpec, Resources } from '../../schema/types.ts';
import type { ObjectOf } from '../client/contract.ts';
import { errorMessage } from '../meta/error-message.ts';
import type { New, ObjectLike } from '../meta/object.ts';
import { isStatusError } from '../meta/status.ts';
import type { Context, EventSubject, Key } from './contract.ts';
import { Expectations } from './expectations.ts';
import { controllerOf, keyOf } from './keys.ts';
import { isNamespaceTerminating } from '../rules/namespace-terminating.ts';
import { podFromTemplate } from './pod-from-template.ts';
import { claimPods, podOwnerKeys, podOwnerReference, type PodOwner } from './pod-owner.ts';
import { slowStart } from './slow-start.ts';

/** Deletes under way at once. */
const PARALLEL = 500;

/**
 * The pods of one kind of owner: adopts, creates and deletes them, tells of it by events, and knows what of it has not
 * come back through the informer. A controller has one, and gives it all changes of its owners and of pods.
 */
export class PodControl<R extends keyof Resources> {
  private readonly expectations = new Expectations();

  constructor(private readonly kind: PodOwner<R>) {}

  /** The key of an owner that changed. */
  ownerKeys(owner: ObjectLike | undefined, old: ObjectLike | undefined): Key[] {
    if (!owner && old) this.expectations.forget(old.metadata.uid);
    const changed = owner ?? old;
    return changed ? [keyOf(changed)] : [];
  }

  /** The owners that have to look when a pod changed; what was expected of it is ticked off. */
  podKeys(pod: Pod | undefined, old: Pod | undefined, ctx: Context): Key[] {
    const before = controllerOf(old)?.uid;
    const now = pod ? controllerOf(pod)?.uid : before;
    const uid = (pod ?? old)?.metadata.uid ?? '';
    if (now !== undefined) {
      if (!pod || pod.metadata.deletionTimestamp) this.expectations.deletionSeen(now, uid);
      else if (!old) this.expectations.creationSeen(now);
    }
    if (before !== undefined && before !== now) this.expectations.deletionSeen(before, uid);
    return podOwnerKeys(this.kind, pod, old, ctx);
  }

  /** Whether all that was done to this owner's pods shows in the informer, so that they may be counted. */
  settled(owner: ObjectLike, ctx: Context): boolean {
    return this.expectations.satisfied(owner.metadata.uid, ctx.clock.now());
  }

  /** See `claimPods`. */
  claim(owner: ObjectOf<R>, ctx: Context, adoptable?: (pod: Pod) => boolean): Promise<Pod[]> {
    return claimPods(this.kind, owner, ctx, adoptable);
  }

  /** A pod of this owner, as its template has it. */
  podOf(owner: ObjectOf<R>, template: PodTemplateSpec | undefined): New<Pod> {
    return podFromTemplate(template, owner, podOwnerReference(this.kind, owner));
  }

  /**
   * Makes pods in growing batches, up to the first that has an error.
   * @param make the pod of each index from 0 to count - 1
   * @returns those made, and the first error; none where the namespace is going away
   */
  async create(
    owner: ObjectOf<R>,
    count: number,
    make: (index: number) => New<Pod>,
    ctx: Context,
  ): Promise<{ made: Pod[]; error?: unknown }> {
    const { uid } = owner.metadata;
    const about = this.subject(owner);
    const made: Pod[] = [];
    this.expectations.expectCreations(uid, count, ctx.clock.now());
    const { error } = await slowStart(count, async (index) => {
      try {
        const pod = await ctx.client.create('pods', make(index));
        made.push(pod);
        ctx.events.event(about, 'Normal', 'SuccessfulCreate', `Created pod: ${pod.metadata.name}`);
      } catch (failure) {
        if (!isNamespaceTerminating(failure))
          ctx.events.event(about, 'Warning', 'FailedCreate', `Error creating: ${errorMessage(failure)}`);
        throw failure;
      }
    });
    this.expectations.creationSeen(uid, count - made.length);
    return { made, ...(!isNamespaceTerminating(error) && { error }) };
  }

  /**
   * Deletes all of these pods; one that fails keeps none of the others.
   * @param prepare what must be done to a pod before
   * @returns those that are deleted or were gone already, and the first error
   */
  async delete(
    owner: ObjectOf<R>,
    pods: readonly Pod[],
    ctx: Context,
    prepare: (pod: Pod) => Promise<void> = () => Promise.resolve(),
  ): Promise<{ deleted: Pod[]; error?: unknown }> {
    const { uid } = owner.metadata;
    const about = this.subject(owner);
    const deleted: Pod[] = [];
    let error: unknown;
    const remove = async (pod: Pod): Promise<void> => {
      try {
        await prepare(pod);
        await this.deleteOne(pod, about, ctx);
        deleted.push(pod);
      } catch (failure) {
        this.expectations.deletionSeen(uid, pod.metadata.uid);
        if (isGone(failure)) deleted.push(pod);
        else error ??= failure;
      }
    };
    const leaving = pods.filter((pod) => !isLeaving(pod, ctx)).map(({ metadata }) => metadata.uid);
    this.expectations.expectDeletions(uid, leaving, ctx.clock.now());
    for (let from = 0; from < pods.length; from += PARALLEL)
      await Promise.all(pods.slice(from, from + PARALLEL).map(remove));
    return { deleted, error };
  }

  private async deleteOne(pod: Pod, about: EventSubject, ctx: Context): Promise<void> {
    const { namespace = '', name, uid } = pod.metadata;
    try {
      await ctx.client.delete('pods', namespace, name, { uid });
    } catch (error) {
      if (isGone(error)) throw error;
      ctx.events.event(about, 'Warning', 'FailedDelete', `Error deleting: ${errorMessage(error)}`);
      throw new Error(`unable to delete pods: ${errorMessage(error)}`, { cause: error });
    }
    ctx.events.event(about, 'Normal', 'SuccessfulDelete', `Deleted pod: ${name}`);
  }

  private subject(owner: ObjectOf<R>): EventSubject {
    const { apiVersion, kind } = this.kind;
    return { apiVersion, kind, metadata: owner.metadata };
  }
}

/** It is not there any more, or its name is another pod's by now (the uid differs). */
const isGone = (error: unknown): boolean => isStatusError(error, 'NotFound') || isStatusError(error, 'Conflict');

/** The informer has told of its deletion already, and will not tell again. */
function isLeaving({ metadata }: Pod, ctx: Context): boolean {
  const seen = ctx.informer('pods').get(metadata.namespace ?? '', metadata.name);
  return !seen || seen.metadata.uid !== metadata.uid || seen.metadata.deletionTimestamp !== undefined;
}
