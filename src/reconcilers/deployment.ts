import type { Deployment, DeploymentStatus, Pod, ReplicaSet } from '../../schema/types.ts';
import { claim } from '../control/adopt.ts';
import { conditionOf, withCondition } from '../control/conditions.ts';
import { unlessGone } from '../control/conflict.ts';
import type { Context, Reconciler } from '../control/contract.ts';
import { semanticEqual } from '../control/equal.ts';
import { byController, byOrphanage, controllerOf, controllerRef, keyFor, keyOf, splitKey } from '../control/keys.ts';
import { isPodTerminal } from '../rules/pods.ts';
import { isEmptySelector, labelMatcher } from '../control/selector.ts';
import {
  calculateStatus,
  deploymentCondition,
  hasDeadline,
  isComplete,
  rolloutStatus,
  untilDeadline,
} from './deployment-status.ts';
import { isRolling } from './deployment-scale.ts';
import { active, desiredOf, findNew, replicasOf } from './deployment-sets.ts';
import { Rollout } from './deployment-rollout.ts';

const RESOURCE = 'deployments.apps';
const REFERENCE = ['apps/v1', 'Deployment'] as const;

/** Rolls a Deployment's template out over ReplicaSets, keeps their history, and says how it goes in its conditions. */
export const deployment: Reconciler = {
  name: 'deployment',
  indexes: {
    'replicasets.apps': { controller: byController, orphans: byOrphanage },
    pods: { controller: byController },
  },
  watches: [
    { resource: RESOURCE },
    { resource: 'replicasets.apps', keys: setKeys },
    { resource: 'pods', keys: (pod, old, ctx) => (pod ? [] : lastPodKeys(old!, ctx)) },
  ],
  reconcile: async (key, ctx) => {
    const { namespace, name } = splitKey(key);
    const object = ctx.informer(RESOURCE).get(namespace, name);
    if (object) await sync({ ...object, apiVersion: 'apps/v1', kind: 'Deployment' }, ctx);
  },
};

function* setKeys(set: ReplicaSet | undefined, old: ReplicaSet | undefined, ctx: Context): Iterable<string> {
  for (const object of [set, old]) {
    const owner = object && controllerOf(object);
    if (owner?.kind === 'Deployment') yield keyFor(object!.metadata.namespace, owner.name);
  }
  if (!set || controllerOf(set) || set.metadata.deletionTimestamp) return;
  for (const candidate of ctx.informer(RESOURCE).list(set.metadata.namespace ?? '')) {
    if (labelMatcher(candidate.spec?.selector)(set.metadata.labels)) yield keyOf(candidate);
  }
}

/** Recreate goes on when the last old pod is gone; no status of a ReplicaSet tells that. */
function* lastPodKeys(pod: Pod, ctx: Context): Iterable<string> {
  const owner = controllerOf(pod);
  const namespace = pod.metadata.namespace ?? '';
  const set = owner?.kind === 'ReplicaSet' ? ctx.informer('replicasets.apps').get(namespace, owner.name) : undefined;
  const root = set && controllerOf(set);
  const object = root?.kind === 'Deployment' ? ctx.informer(RESOURCE).get(namespace, root.name) : undefined;
  if (object && !isRolling(object)) yield keyOf(object);
}

async function sync(object: Deployment, ctx: Context): Promise<void> {
  if (isEmptySelector(object.spec?.selector)) {
    ctx.events.event(
      object,
      'Warning',
      'SelectingAll',
      'This deployment is selecting all pods. A non-empty selector is required.',
    );
    return;
  }
  const informer = ctx.informer('replicasets.apps');
  const sets = await claim({
    client: ctx.client,
    resource: 'replicasets.apps',
    owner: object,
    ownerResource: RESOURCE,
    reference: controllerRef(object, ...REFERENCE),
    matches: labelMatcher(object.spec?.selector),
    owned: informer.index('controller', object.metadata.uid),
    orphans: informer.index('orphans', object.metadata.namespace ?? ''),
  });
  if (object.metadata.deletionTimestamp) return statusOnly(object, sets, ctx);
  if (await notePause(object, ctx)) return;
  const rollout = new Rollout(object, sets, ctx);
  if (object.spec?.paused || isScaling(object, sets)) {
    await rollout.syncRevision();
    await rollout.scale();
    if (object.spec?.paused) await rollout.cleanUp();
    return statusOnly(rollout.deployment, rollout.all, ctx);
  }
  if (isRolling(object)) await roll(rollout);
  else await recreate(rollout, ctx);
  await writeRollout(rollout, ctx);
}

async function roll(rollout: Rollout): Promise<void> {
  await rollout.ensureNew();
  if ((await rollout.growNew()) || (await rollout.shrinkOld())) return;
  if (isComplete(rollout.deployment, rollout.deployment.status ?? {})) await rollout.cleanUp();
}

async function recreate(rollout: Rollout, ctx: Context): Promise<void> {
  await rollout.syncRevision();
  if (await rollout.stopOld()) return;
  const pods = ctx.informer('pods');
  const running = rollout.old.some((set) =>
    pods.index('controller', set.metadata.uid).some((pod) => !isPodTerminal(pod)),
  );
  if (running) return;
  await rollout.ensureNew();
  await rollout.fillNew();
  if (isComplete(rollout.deployment, rollout.deployment.status ?? {})) await rollout.cleanUp();
}

/** True when a set was last scaled for another size of the Deployment. */
const isScaling = (object: Deployment, sets: readonly ReplicaSet[]): boolean =>
  active(sets).some((set) => desiredOf(set) !== undefined && desiredOf(set) !== replicasOf(object));

/** Pausing stops the clock of the deadline, resuming starts it; both are conditions. True when one was written. */
async function notePause(object: Deployment, ctx: Context): Promise<boolean> {
  if (!hasDeadline(object)) return false;
  const condition = conditionOf(object.status?.conditions, 'Progressing');
  if (condition?.reason === 'ProgressDeadlineExceeded') return false;
  const noted = condition?.reason === 'DeploymentPaused';
  if (noted === !!object.spec?.paused) return false;
  const [reason, message] = noted
    ? ['DeploymentResumed', 'Deployment is resumed']
    : ['DeploymentPaused', 'Deployment is paused'];
  const conditions = withCondition(
    object.status?.conditions,
    deploymentCondition('Progressing', 'Unknown', reason, message, ctx.clock.now()),
  );
  await unlessGone(ctx.client.update(RESOURCE, { ...object, status: { ...object.status, conditions } }, 'status'));
  return true;
}

async function statusOnly(object: Deployment, sets: readonly ReplicaSet[], ctx: Context): Promise<void> {
  await write(object, calculateStatus(object, sets, findNew(object, sets), ctx.clock.now()), ctx);
}

async function writeRollout({ deployment: object, all, current }: Rollout, ctx: Context): Promise<void> {
  const status = rolloutStatus(object, all, current, ctx.clock.now());
  await write(object, status, ctx);
  const wait = untilDeadline(object, status, ctx.clock.now());
  if (wait !== undefined) ctx.enqueueAfter(keyOf(object), wait);
}

const ZERO = { replicas: 0, updatedReplicas: 0, readyReplicas: 0, availableReplicas: 0, unavailableReplicas: 0 };

async function write(object: Deployment, status: DeploymentStatus, ctx: Context): Promise<void> {
  if (semanticEqual({ ...ZERO, ...object.status }, status)) return;
  await unlessGone(ctx.client.update(RESOURCE, { ...object, status }, 'status'));
}
