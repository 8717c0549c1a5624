import { randomUUID } from 'node:crypto';
import { fromStorage, storedForm } from '../kinds/encode.ts';
import { conflict, notFound } from '../meta/status.ts';
import type { Stored } from '../store/contract.ts';
import { objectAnswer, storedAnswer, successAnswer } from './answer.ts';
import { optionsText } from './audit/shown.ts';
import type { Answer, DeleteOptions, RequestContext, Target } from './contract.ts';
import { hasWebhook, oneInKindsVersion } from './conversion/stored-version.ts';
import type { Core } from './core.ts';
import { isTurnOver, nextTurn } from './fairness/turns.ts';
import { planDeletion } from './deletion/marks.ts';
import { refuseDeletion, warnOfDeletion } from './deletion/refuse.ts';
import { checkDeleteOptions, isDryRun } from './options.ts';
import { sameJson } from './patch/equal.ts';
import { keyOf, resourceOf } from './target.ts';
import { commitDelete } from './write/allocation.ts';
import { admissionRequest, operationOf, type Operation } from './write/operation.ts';
import { deleteOf, writeOf } from './write/stored-write.ts';

/** Times that a delete is tried when others write the same object. */
const MAX_ATTEMPTS = 20;

/** Takes an object away, or marks it where finalizers or a grace period hold it. Throws 404, 409 on preconditions. */
export async function remove(core: Core, ctx: RequestContext, target: Target, options: DeleteOptions): Promise<Answer> {
  core.authorizer.require(ctx, 'delete', target);
  ctx.audit?.sentText(() => optionsText(options));
  checkDeleteOptions(options);
  warnOfDeletion(ctx, target, options);
  refuseDeletion(target);
  return removeAuthorized(core, ctx, target, options);
}

/** The same for a caller that has been authorised for all objects (deletecollection, eviction). */
export async function removeAuthorized(
  core: Core,
  ctx: RequestContext,
  target: Target,
  options: DeleteOptions,
  asked: Asked = 'by name',
): Promise<Answer> {
  const op: Operation = {
    ...operationOf(core, ctx, target, 'delete', {}),
    dryRun: isDryRun(options),
    options: options as Record<string, unknown>,
  };
  const key = keyOf(target);
  let stored = core.store.get(key);
  for (let attempt = 1; ; attempt++) {
    if (!stored) {
      await core.store.fresh();
      stored = core.store.get(key);
      if (!stored) throw notFound(resourceOf(target.kind), target.name);
    }
    const done = await removeOnce(op, stored, options, asked);
    if ('answer' in done) return done.answer;
    if (attempt === MAX_ATTEMPTS)
      throw conflict(resourceOf(target.kind), target.name, 'the object is being changed by others');
    stored = done.current;
  }
}

/** How admission is asked about a delete: one of a collection has no name, and of an evicted pod it was the eviction. */
type Asked = 'by name' | 'as one of all' | 'already';

type Once = { answer: Answer } | { current: Stored | undefined };

async function removeOnce(op: Operation, stored: Stored, options: DeleteOptions, asked: Asked): Promise<Once> {
  const { core, target } = op;
  checkPreconditions(target, stored, options);
  const { kind } = target;
  const seen = hasWebhook(kind) ? await oneInKindsVersion(core, kind, stored) : stored;
  const old = stored.object;
  // reading a large one takes long, and of a collection many come together
  if (isTurnOver()) await nextTurn();
  if (asked !== 'already') {
    const request = admissionRequest(op, 'DELETE', undefined, seen.object);
    if (asked === 'as one of all') request.unnamed = true;
    await core.admission.admit(request);
    await core.admission.validate(request);
  }
  const plan = planDeletion(kind.storage, stored, options, core.clock.now());
  if (plan.do === 'pending') return { answer: gone(op, stored, options, stored) };
  let last = stored;
  if (plan.do === 'mark') {
    if (op.dryRun) {
      const rehearsed = planDeletion(kind.storage, seen, options, core.clock.now());
      return {
        answer: objectAnswer(kind, fromStorage(kind, rehearsed.do === 'mark' ? rehearsed.object : seen.object)),
      };
    }
    // the mark and the removal are one change
    if (plan.thenRemove) op.by.changeSet ??= randomUUID();
    // one that is marked already is not written again, as by no update that changes nothing
    if (!old.metadata.deletionTimestamp || !sameJson(plan.object, old)) {
      const form = storedForm(kind.storage, kind.custom, plan.object);
      const outcome = await core.store.commit(writeOf(op, form, stored.revision));
      if (!outcome.ok) return { current: outcome.current };
      last = outcome.stored;
    }
    if (!plan.thenRemove) {
      const marked = hasWebhook(kind) ? await oneInKindsVersion(core, kind, last) : last;
      return { answer: storedAnswer(kind, marked, accepted(options)) };
    }
  }
  if (op.dryRun) return { answer: gone(op, last, options) };
  const outcome = await commitDelete(op, deleteOf(op, last.name, last.revision), last);
  if (!outcome.ok && !(outcome.why === 'missing' && last !== stored)) return { current: outcome.current };
  // at the revision of its end
  return { answer: gone(op, outcome.ok ? outcome.stored : last, options) };
}

const accepted = (options: DeleteOptions): number => (options.orphanDependents === false ? 202 : 200);

/** The object or a Status about it, as its kind answers. */
function gone(op: Operation, last: Stored, options: DeleteOptions, pending?: Stored): Answer {
  const { kind } = op.target;
  const code = pending ? accepted(options) : 200;
  if (kind.storage.strategy.returnsDeleted) return storedAnswer(kind, last, code);
  return successAnswer(code, {
    name: last.name,
    ...(kind.group && { group: kind.group }),
    kind: kind.resource,
    uid: last.uid,
  });
}

/** An empty text is given too, and is nobody's. */
const given = (text: string | null | undefined): boolean => text !== undefined && text !== null;

/** Throws 409 where the object is not the one that is meant. */
export function checkPreconditions({ kind }: Target, stored: Stored, { preconditions }: DeleteOptions): void {
  if (!preconditions) return;
  const { uid, resourceVersion } = preconditions;
  // the kind's name stands where a resource is meant, as kube-apiserver has it
  const what = { group: kind.group, resource: kind.kind };
  if (given(uid) && uid !== stored.uid) {
    const why = `the UID in the precondition (${uid}) does not match the UID in record (${stored.uid}). The object might have been deleted and then recreated`;
    throw conflict(what, stored.name, why);
  }
  if (given(resourceVersion) && resourceVersion !== String(stored.revision)) {
    const why = `the ResourceVersion in the precondition (${resourceVersion}) does not match the ResourceVersion in record (${stored.revision}). The object might have been modified`;
    throw conflict(what, stored.name, why);
  }
}
