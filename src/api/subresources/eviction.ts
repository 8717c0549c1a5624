import type { Condition, Eviction, PodDisruptionBudgetStatus } from '../../../schema/types.ts';
import { bodyKind } from '../../kinds/body-kind.ts';
import { storedForm } from '../../kinds/encode.ts';
import { labelSelectorAsSelector, type LabelSelectorLike } from '../../meta/labels.ts';
import type { KubeObject, ObjectLike, Unchecked } from '../../meta/object.ts';
import { badRequest, forbiddenRequest, notFound, StatusError, timeout } from '../../meta/status.ts';
import { isPodReady, isPodTerminal } from '../../rules/pods.ts';
import type { Stored } from '../../store/contract.ts';
import { statusAnswer, successAnswer } from '../answer.ts';
import type { Answer, Body, DeleteOptions, RequestContext, StatusAnswer, Target, WriteOptions } from '../contract.ts';
import type { Core } from '../core.ts';
import { removeAuthorized } from '../delete.ts';
import { copyAs, objectAs } from '../object-as.ts';
import { updateManagedFields } from '../patch/apply/managed.ts';
import { keyOf } from '../target.ts';
import { admissionRequest, operationOf } from '../write/operation.ts';
import { ownershipOf } from '../write/ownership.ts';
import { readBody } from '../write/read-body.ts';
import { writeOf } from '../write/stored-write.ts';

const BUDGETS = 'poddisruptionbudgets.policy';
const MAX_ATTEMPTS = 10;
/** Evictions that the budget's controller has not seen yet. */
const MAX_DISRUPTED = 2000;
const ALLOWED = 'DisruptionAllowed';
/** The server writes a budget's status itself, and owns what it writes. */
const SERVER = 'kube-apiserver';
type BudgetStatus = Partial<PodDisruptionBudgetStatus>;
interface Budget extends ObjectLike {
  status?: BudgetStatus;
}

/** A pod that does not run (or is leaving anyway) disturbs nobody's budget. */
function ignoresBudget(pod: Stored): boolean {
  const object = objectAs('pods', pod);
  const { status, metadata } = object;
  return isPodTerminal(object) || status?.phase === 'Pending' || metadata.deletionTimestamp !== undefined;
}

/** 429; `why` of the budget. */
const tooMany = (why: string, retryAfterSeconds?: number): StatusError =>
  new StatusError({
    message: "Cannot evict pod as it would violate the pod's disruption budget.",
    reason: 'TooManyRequests',
    details: {
      causes: [{ reason: 'DisruptionBudget', message: why }],
      ...(retryAfterSeconds && { retryAfterSeconds }),
    },
    code: 429,
  });

/** Why a budget that allows nothing does so. */
function whyNone(name: string, status: BudgetStatus): string {
  const { currentHealthy = 0, desiredHealthy = 0, conditions = [] } = status;
  const condition = conditions.find(({ type }) => type === ALLOWED);
  if (condition?.status === 'False' && condition.reason === 'SyncFailed') {
    return `The disruption budget ${name} does not allow evicting pods currently because it failed sync: ${condition.message}`;
  }
  if (currentHealthy > desiredHealthy) return `The disruption budget ${name} does not allow evicting pods currently`;
  return `The disruption budget ${name} needs ${desiredHealthy} healthy pods and has ${currentHealthy} currently`;
}

/** Takes one disruption from the budget, or refuses with 429 or 403. Source: the pod's eviction REST storage. */
function take(budget: Budget, pod: string, nowText: string): void {
  const status: BudgetStatus = (budget.status ??= {});
  const { name } = budget.metadata;
  if ((status.observedGeneration ?? 0) < (budget.metadata.generation ?? 0)) {
    throw tooMany(`The disruption budget ${name} is still being processed by the server.`, 10);
  }
  const refuse = (why: string): StatusError =>
    forbiddenRequest({ group: 'policy', resource: 'poddisruptionbudget' }, name, why);
  if ((status.disruptionsAllowed ?? 0) < 0) throw refuse('pdb disruptions allowed is negative');
  if (Object.keys(status.disruptedPods ?? {}).length > MAX_DISRUPTED) {
    throw refuse('DisruptedPods map too big - too many evictions not confirmed by PDB controller');
  }
  if (!status.disruptionsAllowed) throw tooMany(whyNone(name, status));
  status.disruptionsAllowed--;
  (status.disruptedPods ??= {})[pod] = nowText;
  if (status.disruptionsAllowed === 0) status.conditions = exhausted(status, nowText);
}

/** The conditions of a budget of which nothing is left. */
function exhausted({ conditions = [], observedGeneration }: BudgetStatus, now: string): Condition[] {
  const before = conditions.find(({ type }) => type === ALLOWED);
  const none: Condition = {
    type: ALLOWED,
    status: 'False',
    ...(observedGeneration && { observedGeneration }),
    lastTransitionTime: before?.status === 'False' ? before.lastTransitionTime : now,
    reason: 'InsufficientPods',
    message: '',
  };
  return before ? conditions.map((condition) => (condition === before ? none : condition)) : [...conditions, none];
}

/** Whether a pod that is not ready may go without asking the budget (KEP-3017, unhealthyPodEvictionPolicy). */
function unhealthyMayGo(budget: Stored): boolean {
  const { spec, status } = objectAs(BUDGETS, budget);
  if (spec?.unhealthyPodEvictionPolicy === 'AlwaysAllow') return true;
  const { currentHealthy = 0, desiredHealthy = 0 }: BudgetStatus = status ?? {};
  return currentHealthy >= desiredHealthy && desiredHealthy > 0;
}

/** A budget without a selector, or with an empty one, is nobody's. */
const selects = (selector: LabelSelectorLike | undefined, labels: Stored['labels']): boolean =>
  Boolean(Object.keys(selector?.matchLabels ?? {}).length || selector?.matchExpressions?.length) &&
  labelSelectorAsSelector(selector).matches(labels);

function budgetsOf(core: Core, pod: Stored): Stored[] {
  return core.store
    .list({ resource: BUDGETS, namespace: pod.namespace })
    .items.filter((budget) => selects(objectAs(BUDGETS, budget).spec?.selector, pod.labels));
}

/** The answer where the pod cannot be evicted at all; undefined where its budget allows it. */
async function consume(core: Core, ctx: RequestContext, pod: Stored, dryRun: boolean): Promise<Answer | undefined> {
  const kind = core.registry.preferred(BUDGETS);
  for (let attempt = 1; kind; attempt++) {
    const budgets = budgetsOf(core, pod);
    const [budget] = budgets;
    if (!budget) return undefined;
    if (budgets.length > 1) return twoBudgets();
    if (!isPodReady(objectAs('pods', pod)) && unhealthyMayGo(budget)) return undefined;
    const target: Target = { kind, namespace: pod.namespace, name: budget.name, subresource: 'status' };
    const op = operationOf(core, ctx, target, 'evict', { fieldManager: SERVER });
    const changed: Budget & KubeObject = copyAs(BUDGETS, budget);
    take(changed, pod.name, op.now);
    if (dryRun) return undefined;
    const ownership = ownershipOf(core.registry, kind, 'status');
    const { now } = op;
    updateManagedFields({
      ...ownership,
      live: budget.object,
      object: changed,
      manager: SERVER,
      subresource: 'status',
      now,
    });
    const outcome = await core.store.commit(writeOf(op, storedForm(kind.storage, false, changed), budget.revision));
    if (outcome.ok) return undefined;
    if (attempt === MAX_ATTEMPTS)
      throw timeout(`couldn't update PodDisruptionBudget ${JSON.stringify(budget.name)} due to conflicts`, 10);
    await core.store.fresh();
  }
  return undefined;
}

/** Kubernetes answers so: created, with a status that says that it failed. */
const twoBudgets = (): StatusAnswer =>
  statusAnswer(201, {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: 'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.',
    code: 500,
  });

/** Deletes a pod if its disruption budget allows. Throws 429 where it does not, 404, 400. */
export async function evict(
  core: Core,
  ctx: RequestContext,
  target: Target,
  body: Body,
  options: WriteOptions,
): Promise<Answer> {
  core.authorizer.require(ctx, 'create', target);
  const kind = bodyKind({ group: 'policy', version: 'v1', kind: 'Eviction' })!;
  const eviction = readBody(ctx, kind, body, options.fieldValidation) as KubeObject & Unchecked<Eviction>;
  const request = admissionRequest(
    operationOf(core, ctx, target, 'evict', options),
    'CREATE',
    eviction,
    undefined,
    kind,
  );
  eviction.metadata.namespace ||= target.namespace;
  await core.admission.admit(request);
  if (eviction.metadata.name !== target.name) throw badRequest('name in URL does not match name in Eviction object');
  await core.admission.validate(request);
  const podTarget: Target = { ...target, subresource: '' };
  let pod = core.store.get(keyOf(podTarget));
  if (!pod) {
    await core.store.fresh();
    pod = core.store.get(keyOf(podTarget));
    if (!pod) throw notFound({ group: '', resource: 'pods' }, target.name);
  }
  const how: DeleteOptions = {
    ...eviction.deleteOptions,
    ...(options.dryRun && { dryRun: options.dryRun }),
  };
  const refused = ignoresBudget(pod) ? undefined : await consume(core, ctx, pod, Boolean(how.dryRun?.length));
  if (refused) return refused;
  await removeAuthorized(core, ctx, podTarget, how, 'already');
  return successAnswer(201);
}
