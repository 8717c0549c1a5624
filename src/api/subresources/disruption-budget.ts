import type { Condition, PodDisruptionBudgetStatus } from '../../../schema/types.ts';
import { storedForm } from '../../kinds/encode.ts';
import { labelSelectorAsSelector } from '../../meta/labels.ts';
import type { KubeObject, ObjectLike } from '../../meta/object.ts';
import { forbiddenRequest, StatusError, timeout } from '../../meta/status.ts';
import { isPodReady } from '../../rules/pods.ts';
import type { Stored } from '../../store/contract.ts';
import { statusAnswer } from '../answer.ts';
import type { RequestContext, StatusAnswer, Target } from '../contract.ts';
import type { Core } from '../core.ts';
import { copyAs, objectAs } from '../object-as.ts';
import { updateManagedFields } from '../patch/apply/managed.ts';
import { operationOf } from '../write/operation.ts';
import { ownershipOf } from '../write/ownership.ts';
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

/** 429 for a budget that is not up to date with what it is about. */
export const stillProcessed = (budget: string): StatusError =>
  tooMany(`The disruption budget ${budget} is still being processed by the server.`, 10);

/** Why a budget that allows nothing does so. */
function whyNone(name: string, status: BudgetStatus): string {
  const { currentHealthy = 0, desiredHealthy = 0, conditions = [] } = status;
  const condition = conditions.find(({ type }) => type === ALLOWED);
  const told = condition?.status === 'False' && condition.message ? condition : undefined;
  const none = `The disruption budget ${name} does not allow evicting pods currently`;
  // what is counted is not to be trusted then
  if (told?.reason === 'SyncFailed') return `${none} because it failed sync: ${told.message}`;
  if (currentHealthy <= desiredHealthy)
    return `The disruption budget ${name} needs ${desiredHealthy} healthy pods and has ${currentHealthy} currently`;
  return told ? `${none} (${told.reason}): ${told.message}` : none;
}

/** Takes one disruption from the budget, or refuses with 429 or 403. Source: the pod's eviction REST storage. */
function take(budget: Budget, pod: string, nowText: string): void {
  const status: BudgetStatus = (budget.status ??= {});
  const { name } = budget.metadata;
  if ((status.observedGeneration ?? 0) < (budget.metadata.generation ?? 0)) throw stillProcessed(name);
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

/** A budget without a selector is nobody's; one with an empty selector is that of all pods of its namespace. */
const budgetsOf = (core: Core, pod: Stored): Stored[] =>
  core.store
    .list({ resource: BUDGETS, namespace: pod.namespace })
    .items.filter((budget) => labelSelectorAsSelector(objectAs(BUDGETS, budget).spec?.selector).matches(pod.labels));

/** `answer` where the pod cannot be evicted; else whether it may go only as it is now, which is `unready`, for a budget. */
export type Consumed = { answer: StatusAnswer } | { unready: string | undefined };

/** Asks the budget of a pod, and takes from it what one eviction costs. Throws 429, 403 and 504. */
export async function consumeBudget(core: Core, ctx: RequestContext, pod: Stored, dryRun: boolean): Promise<Consumed> {
  const kind = core.registry.preferred(BUDGETS);
  for (let attempt = 1; kind; attempt++) {
    const budgets = budgetsOf(core, pod);
    const [budget] = budgets;
    if (!budget) break;
    if (budgets.length > 1) return { answer: twoBudgets() };
    if (!isPodReady(objectAs('pods', pod)) && unhealthyMayGo(budget)) return { unready: budget.name };
    const target: Target = { kind, namespace: pod.namespace, name: budget.name, subresource: 'status' };
    const op = operationOf(core, ctx, target, 'evict', { fieldManager: SERVER });
    const changed: Budget & KubeObject = copyAs(BUDGETS, budget);
    take(changed, pod.name, op.now);
    if (dryRun) break;
    updateManagedFields({
      ...ownershipOf(core.registry, kind, 'status'),
      live: budget.object,
      object: changed,
      manager: SERVER,
      subresource: 'status',
      now: op.now,
    });
    const outcome = await core.store.commit(writeOf(op, storedForm(kind.storage, false, changed), budget.revision));
    if (outcome.ok) break;
    if (attempt === MAX_ATTEMPTS)
      throw timeout(`couldn't update PodDisruptionBudget ${JSON.stringify(budget.name)} due to conflicts`, 10);
    await core.store.fresh();
  }
  return { unready: undefined };
}

/** A Status without a reason, which no error has. */
const twoBudgets = (): StatusAnswer =>
  statusAnswer(500, {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: 'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.',
    code: 500,
  });
