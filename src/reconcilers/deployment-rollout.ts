import type { Deployment, DeploymentStatus, LabelSelector, ReplicaSet } from '../../schema/types.ts';
import { conditionOf, withCondition } from '../control/conditions.ts';
import type { Context } from '../control/contract.ts';
import { semanticEqual } from '../control/equal.ts';
import { controllerOf, controllerRef } from '../control/keys.ts';
import { podTemplateHash } from '../control/pod-template-hash.ts';
import { errorMessage } from '../meta/error-message.ts';
import { isStatusError } from '../meta/status.ts';
import { deploymentCondition, hasDeadline } from './deployment-status.ts';
import { isRolling, maxSurge, maxUnavailable, newSetSize, proportionalSizes } from './deployment-scale.ts';
import {
  active,
  byAge,
  byRevision,
  desiredOf,
  findNew,
  maxOf,
  newSetAnnotations,
  nextRevision,
  replicasOf,
  sameTemplate,
  sizeAnnotations,
  sumReplicas,
  sumStatus,
} from './deployment-sets.ts';
import { HASH_LABEL, REVISION } from '../rules/deployment-marks.ts';
import { present } from '../meta/present.ts';
import type { New } from '../meta/object.ts';

const SETS = 'replicasets.apps';

/** One look at a Deployment and its ReplicaSets, and the steps that a rollout is made of. Each writes and remembers what it wrote. */
export class Rollout {
  current: ReplicaSet | undefined;
  old: ReplicaSet[];

  constructor(
    public deployment: Deployment,
    sets: readonly ReplicaSet[],
    private readonly ctx: Context,
  ) {
    this.current = findNew(deployment, sets);
    this.old = sets.filter((set) => set !== this.current);
  }

  get all(): ReplicaSet[] {
    return this.current ? [...this.old, this.current] : this.old;
  }

  /** Gives the set of the current template the newest revision (a rollback makes an old one new again). */
  async syncRevision(): Promise<void> {
    if (!this.current) return;
    const revision = nextRevision(this.old);
    const annotations = newSetAnnotations(this.deployment, this.current, revision);
    const minReadySeconds = this.deployment.spec?.minReadySeconds ?? 0;
    const unchanged = semanticEqual(annotations, this.current.metadata.annotations);
    if (!unchanged || minReadySeconds !== (this.current.spec?.minReadySeconds ?? 0)) {
      await this.replace(this.current, {
        ...this.current,
        metadata: { ...this.current.metadata, annotations },
        spec: { ...this.current.spec!, minReadySeconds },
      });
    }
    const found = hasDeadline(this.deployment) && !conditionOf(this.deployment.status?.conditions, 'Progressing');
    await this.noteRevision(
      found ? ['FoundNewReplicaSet', `Found new replica set "${this.current.metadata.name}"`] : undefined,
    );
  }

  async ensureNew(): Promise<void> {
    if (this.current) return this.syncRevision();
    const { deployment } = this;
    const set = this.makeNew();
    const created = await this.createOrFind(set);
    this.current = created;
    await this.noteRevision(
      hasDeadline(deployment)
        ? ['NewReplicaSetCreated', `Created new replica set "${created.metadata.name}"`]
        : undefined,
    );
  }

  private makeNew(): New<ReplicaSet> & { metadata: { name: string } } {
    const { deployment } = this;
    const template = structuredClone(deployment.spec!.template);
    const hash = podTemplateHash(template, deployment.status?.collisionCount);
    const labels = { ...template.metadata?.labels, [HASH_LABEL]: hash };
    const selector: LabelSelector = structuredClone(deployment.spec!.selector);
    selector.matchLabels = { ...selector.matchLabels, [HASH_LABEL]: hash };
    const replicas = newSetSize(deployment, this.old, 0);
    const revision = nextRevision(this.old);
    return {
      apiVersion: 'apps/v1',
      kind: 'ReplicaSet',
      metadata: {
        name: `${deployment.metadata.name}-${hash}`,
        namespace: deployment.metadata.namespace,
        labels,
        annotations: {
          ...newSetAnnotations(deployment, undefined, revision),
          ...sizeAnnotations(replicasOf(deployment), replicasOf(deployment) + maxSurge(deployment)),
        },
        ownerReferences: [controllerRef(deployment, 'apps/v1', 'Deployment')],
      },
      spec: {
        replicas,
        ...present({ minReadySeconds: deployment.spec?.minReadySeconds }),
        selector,
        template: { ...template, metadata: { ...template.metadata, labels } },
      },
    };
  }

  /** A name that is taken by another template is a collision of hashes: it is counted, and the next attempt hashes anew. */
  private async createOrFind(set: ReturnType<Rollout['makeNew']>): Promise<ReplicaSet> {
    const { client, clock } = this.ctx;
    try {
      const created = await client.create(SETS, set);
      const size = replicasOf(created);
      const message = `Scaled up replica set ${created.metadata.name} from 0 to ${size}`;
      if (size > 0) this.ctx.events.event(this.deployment, 'Normal', 'ScalingReplicaSet', message);
      return created;
    } catch (error) {
      if (isStatusError(error, 'AlreadyExists')) {
        const existing = await client.get(SETS, set.metadata.namespace ?? '', set.metadata.name);
        const ours = controllerOf(existing)?.uid === this.deployment.metadata.uid;
        if (ours && sameTemplate(existing.spec?.template, this.deployment.spec?.template)) return existing;
        await this.writeStatus({
          ...this.deployment.status,
          collisionCount: (this.deployment.status?.collisionCount ?? 0) + 1,
        });
      } else if (
        hasDeadline(this.deployment) &&
        !(isStatusError(error, 'Forbidden') && error.message.includes('being terminated'))
      ) {
        const message = `Failed to create new replica set "${set.metadata.name}": ${errorMessage(error)}`;
        const condition = deploymentCondition('Progressing', 'False', 'ReplicaSetCreateError', message, clock.now());
        await this.writeStatus({
          ...this.deployment.status,
          conditions: withCondition(this.deployment.status?.conditions, condition),
        });
      }
      throw error;
    }
  }

  /** The Deployment's revision annotation follows its new set's; it travels with the status write, as the API allows. */
  private async noteRevision(progress: [reason: string, message: string] | undefined): Promise<void> {
    const { deployment } = this;
    const revision = this.current?.metadata.annotations?.[REVISION];
    const conditions = progress
      ? withCondition(
          deployment.status?.conditions,
          deploymentCondition('Progressing', 'True', ...progress, this.ctx.clock.now()),
        )
      : deployment.status?.conditions;
    const known = revision === undefined || deployment.metadata.annotations?.[REVISION] === revision;
    if (known && semanticEqual(conditions, deployment.status?.conditions)) return;
    const annotations = { ...deployment.metadata.annotations, ...(revision !== undefined && { [REVISION]: revision }) };
    this.deployment = { ...deployment, metadata: { ...deployment.metadata, annotations } };
    await this.writeStatus({ ...deployment.status, ...present({ conditions }) });
  }

  private async writeStatus(status: DeploymentStatus): Promise<void> {
    this.deployment = await this.ctx.client.update('deployments.apps', { ...this.deployment, status }, 'status');
  }

  /** True when the new set was scaled. */
  async growNew(): Promise<boolean> {
    const set = this.current!;
    const wanted = replicasOf(this.deployment);
    if (replicasOf(set) === wanted) return false;
    return this.scaleSet(
      set,
      replicasOf(set) > wanted ? wanted : newSetSize(this.deployment, this.all, replicasOf(set)),
    );
  }

  /** Takes from old sets what may be missing: first pods that are not available anyway, then others. True when one was scaled. */
  async shrinkOld(): Promise<boolean> {
    const old = active(this.old).sort(byAge);
    if (sumReplicas(old) === 0) return false;
    const minAvailable = replicasOf(this.deployment) - maxUnavailable(this.deployment);
    const newUnavailable = replicasOf(this.current!) - (this.current!.status?.availableReplicas ?? 0);
    const most = sumReplicas(this.all) - minAvailable - newUnavailable;
    if (most <= 0) return false;
    let taken = 0;
    for (const set of old) {
      const unhealthy = replicasOf(set) - (set.status?.availableReplicas ?? 0);
      const count = Math.min(most - taken, unhealthy);
      if (count <= 0) continue;
      await this.scaleSet(set, replicasOf(set) - count);
      taken += count;
    }
    let spare = sumStatus(this.all, 'availableReplicas') - minAvailable;
    for (const set of active(this.old).sort(byAge)) {
      const count = Math.min(spare, replicasOf(set));
      if (count <= 0) break;
      await this.scaleSet(set, replicasOf(set) - count);
      spare -= count;
      taken += count;
    }
    return taken > 0;
  }

  async stopOld(): Promise<boolean> {
    const running = active(this.old);
    for (const set of running) await this.scaleSet(set, 0);
    return running.length > 0;
  }

  async fillNew(): Promise<void> {
    await this.scaleSet(this.current!, replicasOf(this.deployment));
  }

  /** The Deployment's size changed: the only active set takes it, or several share it. */
  async scale(): Promise<void> {
    const wanted = replicasOf(this.deployment);
    const running = active(this.all);
    const only =
      running.length === 1
        ? running[0]
        : running.length === 0
          ? (this.current ?? [...this.old].sort(byAge).at(-1))
          : undefined;
    if (only) {
      if (replicasOf(only) !== wanted) await this.scaleSet(only, wanted);
      return;
    }
    if (running.length === 0) return;
    if (this.isSaturated()) {
      for (const set of active(this.old)) await this.scaleSet(set, 0);
    } else if (isRolling(this.deployment)) {
      for (const [set, size] of proportionalSizes(this.deployment, running)) await this.scaleSet(set, size);
    }
  }

  private isSaturated(): boolean {
    const wanted = replicasOf(this.deployment);
    const set = this.current;
    return (
      !!set &&
      replicasOf(set) === wanted &&
      desiredOf(set) === wanted &&
      (set.status?.availableReplicas ?? 0) === wanted
    );
  }

  /** Old sets without pods beyond the history limit go, the oldest revisions first. */
  async cleanUp(): Promise<void> {
    const limit = this.deployment.spec?.revisionHistoryLimit ?? 2 ** 31 - 1;
    const alive = this.old.filter((set) => !set.metadata.deletionTimestamp).sort(byRevision);
    for (const set of alive.slice(0, Math.max(0, alive.length - limit))) {
      const unseen = (set.metadata.generation ?? 0) > (set.status?.observedGeneration ?? 0);
      if ((set.status?.replicas ?? 0) !== 0 || replicasOf(set) !== 0 || unseen) continue;
      const { namespace = '', name, uid } = set.metadata;
      await this.ctx.client.delete(SETS, namespace, name, { uid }).catch((error: unknown) => {
        if (!isStatusError(error, 'NotFound')) throw error;
      });
    }
  }

  private async scaleSet(set: ReplicaSet, size: number): Promise<boolean> {
    const { deployment, ctx } = this;
    const before = replicasOf(set);
    const max = replicasOf(deployment) + maxSurge(deployment);
    const noted = desiredOf(set) === replicasOf(deployment) && maxOf(set) === max;
    if (before === size && noted) return false;
    const annotations = { ...set.metadata.annotations, ...sizeAnnotations(replicasOf(deployment), max) };
    await this.replace(set, {
      ...set,
      metadata: { ...set.metadata, annotations },
      spec: { ...set.spec!, replicas: size },
    });
    if (before === size) return false;
    const direction = size > before ? 'up' : 'down';
    ctx.events.event(
      deployment,
      'Normal',
      'ScalingReplicaSet',
      `Scaled ${direction} replica set ${set.metadata.name} from ${before} to ${size}`,
    );
    return true;
  }

  private async replace(before: ReplicaSet, after: ReplicaSet): Promise<void> {
    const written = await this.ctx.client.update(SETS, after);
    if (this.current === before) this.current = written;
    else this.old = this.old.map((set) => (set === before ? written : set));
  }
}
