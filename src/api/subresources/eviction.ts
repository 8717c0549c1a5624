import { bodyKind } from '../../kinds/body-kind.ts';
import { storedForm } from '../../kinds/encode.ts';
import { labelSelectorAsSelector } from '../../meta/labels.ts';
import type { KubeObject } from '../../meta/object.ts';
import { badRequest, internalError, notFound, StatusError } from '../../meta/status.ts';
import { timeMs } from '../../meta/time.ts';
import type { Stored } from '../../store/contract.ts';
import { successAnswer } from '../answer.ts';
import type { Answer, Body, DeleteOptions, RequestContext, Target, WriteOptions } from '../contract.ts';
import type { Core } from '../core.ts';
import { removeAuthorized } from '../delete.ts';
import { keyOf } from '../target.ts';
import { operationOf } from '../write/operation.ts';
import { readBody } from '../write/read-body.ts';
import { writeOf } from '../write/stored-write.ts';

const BUDGETS = 'poddisruptionbudgets.policy';
const MAX_ATTEMPTS = 10;
/** A pod that is on its way out but not marked deleted yet counts no longer than so, ms. */
const STALE_MS = 120_000;

const isReady = (pod: Stored): boolean =>
  (pod.object['status']?.conditions ?? []).some((c: { type: string; status: string }) => c.type === 'Ready' && c.status === 'True');

/** A pod that does not run (or is leaving anyway) disturbs nobody's budget. */
function ignoresBudget(pod: Stored): boolean {
  const phase = pod.object['status']?.phase;
  return phase === 'Succeeded' || phase === 'Failed' || phase === 'Pending' || pod.object.metadata.deletionTimestamp !== undefined;
}

const tooMany = (message: string, name: string, why: string, retryAfterSeconds?: number): StatusError =>
  new StatusError({
    message,
    reason: 'TooManyRequests',
    details: {
      causes: [{ reason: 'DisruptionBudget', message: why.replace('%s', name) }],
      ...(retryAfterSeconds && { retryAfterSeconds }),
    },
    code: 429,
  });

/** Takes one disruption from the budget, or refuses with 429. Source: the pod's eviction REST storage. */
function take(budget: KubeObject, pod: string, now: number, nowText: string): void {
  const status = (budget['status'] ??= {});
  const { name } = budget.metadata;
  const cannot = 'Cannot evict pod as it would violate the pod\'s disruption budget.';
  if ((status.observedGeneration ?? 0) < (budget.metadata.generation ?? 0)) {
    throw tooMany(cannot, name, 'The disruption budget %s is still being processed by the server.', 10);
  }
  if ((status.disruptionsAllowed ?? 0) < 0) throw internalError('pdb disruptions allowed is negative');
  for (const [other, since] of Object.entries((status.disruptedPods ?? {}) as Record<string, string>)) {
    if (now - timeMs(since) > STALE_MS) delete status.disruptedPods[other];
  }
  if (!status.disruptionsAllowed) {
    throw tooMany(cannot, name, `The disruption budget %s needs ${status.desiredHealthy ?? 0} healthy pods and has ${status.currentHealthy ?? 0} currently`);
  }
  status.disruptionsAllowed--;
  (status.disruptedPods ??= {})[pod] = nowText;
}

/** Whether a pod that is not ready may go without asking the budget (KEP-3017, unhealthyPodEvictionPolicy). */
function unhealthyMayGo(budget: Stored): boolean {
  const { spec = {}, status = {} } = budget.object as unknown as KubeObject;
  if (spec.unhealthyPodEvictionPolicy === 'AlwaysAllow') return true;
  return (status.currentHealthy ?? 0) >= (status.desiredHealthy ?? 0) && (status.desiredHealthy ?? 0) > 0;
}

function budgetsOf(core: Core, pod: Stored): Stored[] {
  return core.store
    .list({ resource: BUDGETS, namespace: pod.namespace })
    .items.filter((b) => labelSelectorAsSelector(b.object['spec']?.selector).matches(pod.labels));
}

async function consume(core: Core, ctx: RequestContext, pod: Stored, dryRun: boolean): Promise<void> {
  const kind = core.registry.preferred(BUDGETS);
  for (let attempt = 1; kind; attempt++) {
    const budgets = budgetsOf(core, pod);
    if (budgets.length === 0) return;
    if (budgets.length > 1) throw internalError('This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.');
    const [budget] = budgets;
    if (!isReady(pod) && unhealthyMayGo(budget)) return;
    const target: Target = { kind, namespace: pod.namespace, name: budget.name, subresource: 'status' };
    const op = operationOf(core, ctx, target, 'evict', {});
    const changed = budget.copy() as unknown as KubeObject;
    take(changed, pod.name, core.clock.now(), op.now);
    if (dryRun) return;
    const outcome = await core.store.commit(writeOf(op, storedForm(kind.storage, false, changed), budget.revision));
    if (outcome.ok) return;
    if (attempt === MAX_ATTEMPTS) throw tooMany('the disruption budget is being changed by others', budget.name, 'The disruption budget %s is being changed', 1);
    await core.store.fresh();
  }
}

/** Deletes a pod if its disruption budget allows. Throws 429 where it does not, 404, 400. */
export async function evict(core: Core, ctx: RequestContext, target: Target, body: Body, options: WriteOptions): Promise<Answer> {
  core.authorizer.require(ctx, 'create', target);
  const eviction = readBody(ctx, bodyKind({ group: 'policy', version: 'v1', kind: 'Eviction' })!, body, options.fieldValidation);
  if (eviction.metadata.name && eviction.metadata.name !== target.name) throw badRequest('name in URL does not match name in Eviction object');
  const podTarget: Target = { ...target, subresource: '' };
  let pod = core.store.get(keyOf(podTarget));
  if (!pod) {
    await core.store.fresh();
    pod = core.store.get(keyOf(podTarget));
    if (!pod) throw notFound({ group: '', resource: 'pods' }, target.name);
  }
  const how: DeleteOptions = { ...(eviction['deleteOptions'] as DeleteOptions | undefined), ...(options.dryRun && { dryRun: options.dryRun }) };
  if (!ignoresBudget(pod)) await consume(core, ctx, pod, Boolean(how.dryRun?.length));
  await removeAuthorized(core, ctx, podTarget, how);
  return successAnswer(201);
}
