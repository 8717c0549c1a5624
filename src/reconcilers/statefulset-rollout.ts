import type { ControllerRevision, PersistentVolumeClaim, Pod, StatefulSet } from '../../schema/types.ts';
import { unlessGone } from '../control/conflict.ts';
import type { Context } from '../control/contract.ts';
import { controllerRef } from '../control/keys.ts';
import { errorMessage } from '../meta/error-message.ts';
import { isPodAvailable, isPodTerminal } from '../rules/pods.ts';
import type { ObjectLike } from '../meta/object.ts';
import { isStatusError } from '../meta/status.ts';
import { claimName, firstOrdinal, ordinalOf, REVISION_LABEL, statefulClaims, statefulPod } from './statefulset-pods.ts';

/** One look at a StatefulSet and its pods: makes, replaces and deletes what its order allows now. */
export class StatefulRollout {
  private readonly byOrdinal = new Map<number, Pod>();
  private readonly surplus: Pod[] = [];
  private readonly from: number;
  private readonly to: number;
  private readonly ordered: boolean;

  constructor(
    private readonly set: StatefulSet,
    pods: readonly Pod[],
    private readonly current: ControllerRevision,
    private readonly update: ControllerRevision,
    private readonly ctx: Context,
  ) {
    this.from = firstOrdinal(set);
    this.to = this.from + (set.spec?.replicas ?? 1);
    this.ordered = set.spec?.podManagementPolicy !== 'Parallel';
    for (const pod of pods) {
      const ordinal = ordinalOf(set, pod);
      if (ordinal >= this.from && ordinal < this.to) this.byOrdinal.set(ordinal, pod);
      else if (ordinal >= 0) this.surplus.push(pod);
    }
    this.surplus.sort((a, b) => ordinalOf(set, b) - ordinalOf(set, a));
  }

  async run(): Promise<void> {
    await this.ownClaims();
    if (!(await this.fill())) return;
    if (!(await this.shrink())) return;
    await this.roll();
  }

  private isHealthy(pod: Pod | undefined): boolean {
    return (
      !!pod &&
      !pod.metadata.deletionTimestamp &&
      isPodAvailable(pod, this.set.spec?.minReadySeconds ?? 0, this.ctx.clock.now())
    );
  }

  /** From the first to the last. False: a pod must become available (or go) before anything else happens. */
  private async fill(): Promise<boolean> {
    let ended = false;
    for (let ordinal = this.from; ordinal < this.to; ordinal++) {
      const pod = this.byOrdinal.get(ordinal);
      if (pod && isPodTerminal(pod)) {
        // It has ended and will not start again: its name must be free for the next one.
        if (!pod.metadata.deletionTimestamp) await this.remove(pod);
        if (this.ordered) return false;
        ended = true;
        continue;
      }
      if (!pod) {
        await this.create(ordinal);
        if (this.ordered) return false;
        continue;
      }
      await this.ensureClaims(ordinal);
      if (this.ordered && !this.isHealthy(pod)) return this.rescueStuck(pod);
    }
    return !ended;
  }

  /** A pod that is not available may be so because of its template: one of an old revision gives way to the new one. */
  private rescueStuck(pod: Pod): boolean {
    const old = pod.metadata.labels?.[REVISION_LABEL] !== this.update.metadata.name;
    const neverRan = pod.status?.phase === 'Pending' || pod.status?.phase === undefined;
    return old && !neverRan && !pod.metadata.deletionTimestamp;
  }

  /** From the last to the first, one at a time where the order counts. False: some are only now being taken away. */
  private async shrink(): Promise<boolean> {
    let removed = false;
    for (const pod of this.surplus) {
      if (!pod.metadata.deletionTimestamp) {
        await this.remove(pod);
        removed = true;
      }
      if (this.ordered) return false;
    }
    return !removed;
  }

  /**
   * Old pods down to the partition, from the last to the first, one at a time under either policy: each waits until
   * all that come after it are there and available. More at once is a feature that Kubernetes 1.35 leaves switched off.
   */
  private async roll(): Promise<void> {
    const { updateStrategy } = this.set.spec ?? {};
    if (updateStrategy?.type === 'OnDelete') return;
    const partition = updateStrategy?.rollingUpdate?.partition ?? 0;
    for (let ordinal = this.to - 1; ordinal >= this.from + partition; ordinal--) {
      const pod = this.byOrdinal.get(ordinal);
      if (pod && pod.metadata.labels?.[REVISION_LABEL] !== this.update.metadata.name && !pod.metadata.deletionTimestamp)
        return this.remove(pod);
      if (!this.isHealthy(pod)) return;
    }
  }

  private async create(ordinal: number): Promise<void> {
    const { set, ctx } = this;
    await this.ensureClaims(ordinal);
    const partition = set.spec?.updateStrategy?.rollingUpdate?.partition ?? 0;
    const onDelete = set.spec?.updateStrategy?.type === 'OnDelete';
    const useOld = !onDelete && ordinal < this.from + partition;
    const pod = statefulPod(set, ordinal, useOld ? this.current : this.update);
    const what = `Pod ${pod.metadata.name} in StatefulSet ${set.metadata.name}`;
    try {
      await ctx.client.create('pods', pod);
      ctx.events.event(set, 'Normal', 'SuccessfulCreate', `Create ${what} successful`);
    } catch (error) {
      if (isStatusError(error, 'AlreadyExists')) return;
      ctx.events.event(set, 'Warning', 'FailedCreate', `Create ${what} failed error: ${errorMessage(error)}`);
      throw error;
    }
  }

  private async remove(pod: Pod): Promise<void> {
    const { set, ctx } = this;
    const { namespace = '', name, uid } = pod.metadata;
    await unlessGone(ctx.client.delete('pods', namespace, name, { uid }));
    ctx.events.event(
      set,
      'Normal',
      'SuccessfulDelete',
      `Delete Pod ${name} in StatefulSet ${set.metadata.name} successful`,
    );
  }

  private async ensureClaims(ordinal: number): Promise<void> {
    const { set, ctx } = this;
    const claims = ctx.informer('persistentvolumeclaims');
    for (const claim of statefulClaims(set, ordinal)) {
      const { namespace = '', name } = claim.metadata;
      if (claims.get(namespace, name)) continue;
      const what = `Claim ${name} Pod ${set.metadata.name}-${ordinal} in StatefulSet ${set.metadata.name}`;
      try {
        await ctx.client.create('persistentvolumeclaims', claim);
        ctx.events.event(set, 'Normal', 'SuccessfulCreate', `Create ${what} success`);
      } catch (error) {
        if (isStatusError(error, 'AlreadyExists')) continue;
        ctx.events.event(set, 'Warning', 'FailedCreate', `Create ${what} failed error: ${errorMessage(error)}`);
        throw error;
      }
    }
  }

  /** Claims that go with the set, or with the pod that is scaled away, are owned by it (KEP-1847). */
  private async ownClaims(): Promise<void> {
    const policy = this.set.spec?.persistentVolumeClaimRetentionPolicy;
    const claims = this.ctx.informer('persistentvolumeclaims');
    const known: [number, Pod | undefined][] = [
      ...this.byOrdinal,
      ...this.surplus.map((pod): [number, Pod] => [ordinalOf(this.set, pod), pod]),
    ];
    for (const [ordinal, pod] of known) {
      for (const template of this.set.spec?.volumeClaimTemplates ?? []) {
        const claim = claims.get(this.set.metadata.namespace ?? '', claimName(template, this.set, ordinal));
        if (!claim || claim.metadata.deletionTimestamp) continue;
        const scaledAway = ordinal >= this.to || ordinal < this.from;
        const bySet = policy?.whenDeleted === 'Delete' && !(scaledAway && policy.whenScaled === 'Delete');
        const byPod = scaledAway && policy?.whenScaled === 'Delete';
        await this.setOwners(claim, bySet ? this.set : undefined, byPod ? pod : undefined);
      }
    }
  }

  private async setOwners(
    claim: PersistentVolumeClaim,
    set: ObjectLike | undefined,
    pod: ObjectLike | undefined,
  ): Promise<void> {
    const old = claim.metadata.ownerReferences ?? [];
    const others = old.filter(
      (owner) =>
        !(owner.kind === 'StatefulSet' && owner.uid === this.set.metadata.uid) &&
        !(owner.kind === 'Pod' && owner.name.startsWith(`${this.set.metadata.name}-`)),
    );
    const owners = [
      ...others,
      ...(set ? [{ ...controllerRef(set, 'apps/v1', 'StatefulSet'), controller: true, blockOwnerDeletion: true }] : []),
      ...(pod ? [{ ...controllerRef(pod, 'v1', 'Pod'), controller: true, blockOwnerDeletion: true }] : []),
    ];
    const ids = (list: typeof owners): string =>
      list
        .map(({ uid }) => uid)
        .sort()
        .join();
    if (ids(owners) === ids(old)) return;
    await unlessGone(
      this.ctx.client.update('persistentvolumeclaims', {
        ...claim,
        metadata: { ...claim.metadata, ownerReferences: owners },
      }),
    );
  }
}
