import { isDeepStrictEqual } from 'node:util';
import type { Eviction, PodCondition } from '../../../schema/types.ts';
import { printValue } from '../../go/print-value.ts';
import { bodyKind } from '../../kinds/body-kind.ts';
import { storedForm } from '../../kinds/encode.ts';
import { invalid } from '../../meta/field.ts';
import type { KubeObject, Unchecked } from '../../meta/object.ts';
import { badRequest, conflict, invalidObject, isStatusError, notFound, StatusError } from '../../meta/status.ts';
import { isPodTerminal } from '../../rules/pods.ts';
import type { Stored } from '../../store/contract.ts';
import { successAnswer } from '../answer.ts';
import type { Answer, Body, DeleteOptions, RequestContext, Target, WriteOptions } from '../contract.ts';
import type { Core } from '../core.ts';
import { checkPreconditions, removeAuthorized } from '../delete.ts';
import { copyAs, objectAs } from '../object-as.ts';
import { checkDeleteOptions, checkWriteOptions, isDryRun } from '../options.ts';
import { keyOf } from '../target.ts';
import { admissionRequest, operationOf, type Operation } from '../write/operation.ts';
import { checkNamespace, readBody } from '../write/read-body.ts';
import { writeOf } from '../write/stored-write.ts';
import { consumeBudget, stillProcessed } from './disruption-budget.ts';
import { withPodCondition } from './pod-condition.ts';

const EVICTION = { group: 'policy', version: 'v1', kind: 'Eviction' };
const PODS = { group: '', resource: 'pods' };
/** Writes of the pod by others that may come between. */
const MAX_ATTEMPTS = 20;

const isEnding = (pod: Stored): boolean => {
  const object = objectAs('pods', pod);
  return isPodTerminal(object) || object.metadata.deletionTimestamp !== undefined;
};

/** A pod that does not run (or is leaving anyway) disturbs nobody's budget. */
const ignoresBudget = (pod: Stored): boolean => isEnding(pod) || objectAs('pods', pod).status?.phase === 'Pending';

/** The pod, as new as it is anywhere where it has not been heard of. Throws 404. */
async function podOf(core: Core, target: Target): Promise<Stored> {
  const key = keyOf(target);
  const pod = core.store.get(key) ?? (await core.store.fresh(), core.store.get(key));
  if (!pod) throw notFound(PODS, target.name);
  return pod;
}

/** What is empty is no precondition here; to the deletion it is one. */
const withoutEmpty = ({ uid, resourceVersion }: NonNullable<DeleteOptions['preconditions']> = {}) => ({
  uid: uid || undefined,
  resourceVersion: resourceVersion || undefined,
});

/** Gives the pod the condition that tells why it goes. Throws 404, 409. */
async function markEvicted(op: Operation, how: DeleteOptions): Promise<Stored> {
  const { core, target } = op;
  for (let attempt = 1; ; attempt++) {
    const stored = await podOf(core, target);
    checkPreconditions(target, stored, { preconditions: withoutEmpty(how.preconditions) });
    const pod = copyAs('pods', stored);
    const condition: PodCondition = {
      type: 'DisruptionTarget',
      status: 'True',
      lastProbeTime: null,
      lastTransitionTime: op.now,
      reason: 'EvictionByEvictionAPI',
      message: 'Eviction API: evicting',
    };
    const before = pod.status ?? {};
    pod.status = withPodCondition(before, condition);
    if (isDeepStrictEqual(pod.status, before)) return stored;
    const outcome = await core.store.commit(writeOf(op, storedForm(target.kind.storage, false, pod), stored.revision));
    if (outcome.ok) return outcome.stored;
    if (attempt === MAX_ATTEMPTS) throw conflict(PODS, target.name, 'the pod is being changed by others');
    await core.store.fresh();
  }
}

/** What is asked of the deletion is looked at only when the pod has the condition, as in kube-apiserver. */
async function deletePod(op: Operation, how: DeleteOptions): Promise<void> {
  const { core, ctx, target } = op;
  const { preconditions } = how;
  const options = { ...how };
  if (!isDryRun(how)) {
    const marked = await markEvicted(op, how);
    if (preconditions?.resourceVersion !== undefined)
      options.preconditions = { ...preconditions, resourceVersion: String(marked.revision) };
  }
  checkDeleteOptions(options);
  await removeAuthorized(core, ctx, target, options, 'already');
}

const asItIs = (how: DeleteOptions, pod: Stored): DeleteOptions => ({
  ...how,
  preconditions: { ...how.preconditions, resourceVersion: String(pod.revision) },
});

const isConflict = (error: unknown): boolean => isStatusError(error) && error.reason === 'Conflict';

/** Evicts a pod. The answer where its budgets do not let it, which is no error to Kubernetes. Throws 404, 409, 422, 429. */
async function evictPod(op: Operation, how: DeleteOptions): Promise<Answer | undefined> {
  const { core, ctx, target } = op;
  const anyVersion = how.preconditions?.resourceVersion === undefined;
  for (let attempt = 1; ; attempt++) {
    const pod = await podOf(core, target);
    if (!ignoresBudget(pod)) {
      const consumed = await consumeBudget(core, ctx, pod, isDryRun(how));
      if ('answer' in consumed) return consumed.answer;
      const { unready } = consumed;
      try {
        await deletePod(op, unready === undefined ? how : asItIs(how, pod));
      } catch (error) {
        if (isConflict(error) && unready !== undefined && anyVersion) throw stillProcessed(unready);
        throw error;
      }
      return undefined;
    }
    try {
      // it may come to run meanwhile, and then its budget is to be asked
      await deletePod(op, anyVersion && !isEnding(pod) ? asItIs(how, pod) : how);
      return undefined;
    } catch (error) {
      if (!isConflict(error) || !anyVersion || attempt === MAX_ATTEMPTS) throw error;
      await core.store.fresh();
    }
  }
}

/** What the body and the query say of the deletion. Throws 500 where they do not agree, 422. */
function deleteOptionsOf(
  { metadata, deleteOptions }: KubeObject & Unchecked<Eviction>,
  query: WriteOptions,
): DeleteOptions {
  if (deleteOptions?.ignoreStoreReadErrorWithClusterBreakingPotential) {
    const why = 'can not be set for pod eviction, try after removing the option';
    const at = 'deleteOptions.ignoreStoreReadErrorWithClusterBreakingPotential';
    throw invalidObject(EVICTION, metadata.name, [invalid(at, true, why)]);
  }
  const own = deleteOptions?.dryRun ?? [];
  const asked = query.dryRun ?? [];
  if (own.length && asked.length && !isDeepStrictEqual(own, asked)) {
    const both = `${printValue(asked)} and ${printValue(own)}`;
    throw new StatusError({ message: `Non-matching dry-run options in request and content: ${both}`, code: 500 });
  }
  return { ...(deleteOptions as DeleteOptions | undefined), dryRun: own.length ? own : asked };
}

/** Deletes a pod if its disruption budget allows. Throws 429 where it does not, 404, 400. */
export async function evict(
  core: Core,
  ctx: RequestContext,
  target: Target,
  body: Body,
  options: WriteOptions,
): Promise<Answer> {
  core.authorizer.require(ctx, 'create', target);
  checkWriteOptions('CreateOptions', options);
  const kind = bodyKind(EVICTION)!;
  const eviction = readBody(ctx, kind, body, options.fieldValidation) as KubeObject & Unchecked<Eviction>;
  checkNamespace(target, eviction);
  const op = operationOf(core, ctx, target, 'evict', options);
  const request = admissionRequest(op, 'CREATE', eviction, undefined, kind);
  await core.admission.admit(request);
  if (eviction.metadata.name !== target.name) throw badRequest('name in URL does not match name in Eviction object');
  const how = deleteOptionsOf(eviction, options);
  await core.admission.validate(request);
  const podOperation = operationOf(core, ctx, { ...target, subresource: '' }, 'evict', options);
  return (await evictPod(podOperation, how)) ?? successAnswer(201);
}
