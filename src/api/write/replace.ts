import { traced } from './traced.ts';
import { fromStorage, objectOf, storedForm, toStorage } from '../../kinds/encode.ts';
import type { Kind } from '../../kinds/kind.ts';
import type { FieldError } from '../../meta/field.ts';
import { apiVersionOf } from '../../meta/gvk.ts';
import type { KubeObject } from '../../meta/object.ts';
import { conflict, invalidObject, MODIFIED, notFound, StatusError } from '../../meta/status.ts';
import type { Outcome, Stored } from '../../store/contract.ts';
import type { Allocation } from '../allocation/allocation.ts';
import { objectAnswer, storedAnswer } from '../answer.ts';
import type { ObjectAnswer, Target } from '../contract.ts';
import { hasWebhook, inStoredVersion, oneInKindsVersion, storedVersion } from '../conversion/stored-version.ts';
import { checkEscalation } from '../authorization/escalation.ts';
import { checkParamAccess } from '../authorization/policy-params.ts';
import { keepTimes, managedFieldsUpdate } from '../patch/apply/managed.ts';
import type { Ownership } from '../patch/apply/versions.ts';
import { sameJson } from '../patch/equal.ts';
import { versionProblem } from '../resource-version.ts';
import { keyOf, resourceOf } from '../target.ts';
import { defaultsSteps, sentForm } from './defaults.ts';
import { insert } from './insert.ts';
import { allocationFor, commitDelete } from './allocation.ts';
import { admissionRequest, strategyContext, type Operation } from './operation.ts';
import { keepOthers, ownershipOf, withConversions, writesPart } from './ownership.ts';
import { checkNamespace, dropRepeatedOwners } from './read-body.ts';
import { deleteOf, writeSteps } from './stored-write.ts';
import { verdictOn } from './verdict.ts';

/** Times that a write is made anew because another came between, where the client has not named a version. */
const MAX_ATTEMPTS = 5;

/** What an update, patch or write of a subresource makes of the object that is there. */
export interface Change {
  /**
   * The new object in the request's version. `live` is shared with the store and not to be changed; undefined where
   * there is none and one may be created. Called again after a conflict.
   */
  next(live: KubeObject | undefined): KubeObject | Promise<KubeObject>;
  createMissing: boolean;
  /** managedFields are those of a server-side apply already */
  applied?: boolean;
  /** a uid in the new object is a precondition; elsewhere it is a field that cannot change */
  checksUid?: boolean;
}

/** The object in the cache, or after a look at what other processes have committed. */
async function findStored(op: Operation): Promise<Stored | undefined> {
  const { store } = op.core;
  const key = keyOf(op.target);
  const known = store.get(key);
  if (known) return known;
  await store.fresh();
  return store.get(key);
}

/** Runs a change against the newest state until it is in the store. Throws 404, 409, 422 and what the change throws. */
export async function replace(op: Operation, change: Change): Promise<ObjectAnswer> {
  const { kind } = op.target;
  let stored = await findStored(op);
  for (let attempt = 1; ; attempt++) {
    if (!stored) {
      if (!change.createMissing) throw notFound(resourceOf(kind), op.target.name);
      const inserted = await insert(op, await change.next(undefined), change.applied);
      if ('answer' in inserted) return inserted.answer;
      stored = inserted.taken;
    } else {
      const done = await replaceOnce(op, change, stored);
      if ('answer' in done) return done.answer;
      stored = done.current;
    }
    if (attempt >= MAX_ATTEMPTS) throw conflict(resourceOf(kind), op.target.name, MODIFIED);
    // what came between may be another process's: the cache must have it before the next look
    if (!stored) stored = await findStored(op);
  }
}

type Once = { answer: ObjectAnswer } | { current: Stored | undefined };

async function replaceOnce(op: Operation, change: Change, found: Stored): Promise<Once> {
  const { core, ctx, target } = op;
  const { kind } = target;
  const stored = hasWebhook(kind) ? await oneInKindsVersion(core, kind, found) : found;
  if (op.pace.due) await op.pace.turn();
  const live = objectOf(kind, stored);
  if (op.pace.due) await op.pace.turn();
  const next = await change.next(live);
  if (op.pace.due) await op.pace.turn();
  const { subresource } = target;
  const known = writesPart(kind, subresource) ? live : undefined;
  if (known) keepOthers(kind, subresource, next, known);
  await op.pace.run(defaultsSteps(kind, next, subresource, known));
  if (op.pace.due) await op.pace.turn();
  const object = sentForm(kind, next, known);
  if (op.pace.due) await op.pace.turn();
  const { uid } = object.metadata;
  if (change.checksUid && uid && uid !== live.metadata.uid) throw uidConflict(target, uid, live.metadata.uid);
  checkVersion(kind, object, live);
  dropRepeatedOwners(ctx, object);
  if (!change.applied) {
    const ownership = ownershipOf(core.registry, kind, subresource);
    const update = (of: Ownership): KubeObject | Promise<KubeObject> =>
      op.pace.run(managedFieldsUpdate({ ...of, live, object, manager: op.by.manager, subresource, now: op.now }));
    const updated = hasWebhook(kind) ? withConversions(core, kind, ownership, update) : update(ownership);
    if (updated instanceof Promise) await updated;
  }
  const old = stored.object;
  if (op.pace.due) await op.pace.turn();
  const internal = toStorage(kind, object);
  const request = admissionRequest(op, 'UPDATE', internal, old);
  await core.admission.admit(request);
  // a webhook may have moved it
  checkNamespace(target, internal);
  const allocation = allocationFor(op, internal, old);
  try {
    if (op.pace.due) await op.pace.turn();
    const form = await prepare(op, internal, old, next);
    checkEscalation(core, ctx, target, internal, old);
    checkParamAccess(core, ctx, target, internal, old);
    if (op.pace.due) await op.pace.turn();
    await core.admission.validate(request);
    return await write(op, form, stored, found, allocation);
  } finally {
    allocation?.release();
  }
}

async function write(
  op: Operation,
  form: KubeObject,
  stored: Stored,
  found: Stored,
  allocation: Allocation | undefined,
): Promise<Once> {
  const { kind } = op.target;
  const { core } = op;
  const old = stored.object;
  if (op.pace.due) await op.pace.turn();
  const versioned = withVersion(form, stored);
  // what is stored under another key than writes now is written anew, changed or not
  if (keepTimes(old, versioned) && !core.store.isStale(found) && !isOfOldVersion(kind, found))
    return { answer: storedAnswer(kind, stored) };
  if (op.pace.due) await op.pace.turn();
  if (isFinished(kind, form, old)) return finish(op, form, stored);
  if (op.dryRun) return { answer: objectAnswer(kind, fromStorage(kind, versioned)) };
  const written = hasWebhook(kind) ? await inStoredVersion(core, kind, form) : form;
  const update = await op.pace.run(writeSteps(op, written, stored.revision));
  if (op.pace.due) await op.pace.turn();
  const committed = allocation ? allocation.commit(update) : core.store.commit(update);
  const outcome: Outcome = await traced(op, 'Update', committed);
  if (!outcome.ok) return { current: outcome.current };
  const answered = hasWebhook(kind) ? await oneInKindsVersion(core, kind, outcome.stored) : outcome.stored;
  return { answer: storedAnswer(kind, answered) };
}

/** Whether it is stored in a version in which its kind is stored no more. */
const isOfOldVersion = (kind: Kind, stored: Stored): boolean =>
  kind.custom && storedVersion(kind, stored) !== apiVersionOf(kind.storage);

/** As it would be read back, at the version that is there. */
function withVersion(form: KubeObject, stored: Stored): KubeObject {
  const { resourceVersion: _, ...metadata } = form.metadata;
  return { ...form, metadata: { resourceVersion: String(stored.revision), ...metadata } };
}

/** 409 of a uid that is another's, in the words of the storage. `there`: the uid of what is there, '' where nothing is. */
export function uidConflict({ kind, namespace, name }: Target, uid: string, there: string): StatusError {
  const at = kind.namespaced ? `${namespace}/${name}` : name;
  const key = `/registry/${kind.group && kind.custom ? `${kind.group}/` : ''}${kind.resource}/${at}`;
  const why = `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${there}`;
  return conflict(
    resourceOf(kind),
    name,
    `StorageError: invalid object, Code: 4, Key: ${key}, ResourceVersion: 0, AdditionalErrorMsg: ${why}`,
  );
}

/** The version that the client names must be the one that is there. */
function checkVersion(kind: Kind, object: KubeObject, live: KubeObject): void {
  const meta = object.metadata;
  const { name } = live.metadata;
  if (!meta.resourceVersion || meta.resourceVersion === '0') {
    if (kind.storage.strategy.unconditionalUpdate === false) {
      const error: FieldError = {
        type: 'FieldValueInvalid',
        field: 'metadata.resourceVersion',
        body: 'Invalid value: 0: must be specified for an update',
      };
      // the resource stands where else the kind does
      throw invalidObject({ group: kind.group, kind: kind.resource }, name, [error]);
    }
    meta.resourceVersion = live.metadata.resourceVersion;
  }
  if (meta.resourceVersion === live.metadata.resourceVersion) return;
  const why = versionProblem(meta.resourceVersion);
  throw why === undefined ? conflict(resourceOf(kind), name, MODIFIED) : new StatusError({ message: why, code: 500 });
}

/** Strategy and validation of an update; the canonical form that is to be stored. */
async function prepare(op: Operation, object: KubeObject, old: KubeObject, sent: KubeObject): Promise<KubeObject> {
  const { kind, subresource } = op.target;
  const { strategy } = kind.storage;
  const ctx = { ...strategyContext(op), sent };
  keepSystemFields(object, old);
  const special = subresource ? strategy.subresources?.[subresource] : undefined;
  if (special) special.prepareForUpdate?.(object, old, ctx);
  else strategy.prepareForUpdate?.(object, old, ctx);
  if (op.pace.due) await op.pace.turn();
  const form = storedForm(kind.storage, kind.custom, object, writesPart(kind, subresource) ? old : undefined);
  // of a status nothing is wanted
  if (subresource !== 'status') countGeneration(kind, object, form, old);
  if (op.pace.due) await op.pace.turn();
  const { errors, advice } = await verdictOn(op, { object, old }, ctx);
  if (errors.length) throw invalidObject(kind.storage, old.metadata.name, errors);
  for (const warning of advice) op.ctx.warn(warning);
  return form;
}

/** An update cannot change what only the system sets. */
function keepSystemFields({ metadata: meta }: KubeObject, { metadata: old }: KubeObject): void {
  meta.uid ||= old.uid;
  meta.creationTimestamp = old.creationTimestamp;
  delete meta.selfLink;
  if (old.generation === undefined) delete meta.generation;
  else meta.generation = old.generation;
  if (old.deletionTimestamp) meta.deletionTimestamp = old.deletionTimestamp;
  if (old.deletionGracePeriodSeconds !== undefined) meta.deletionGracePeriodSeconds ??= old.deletionGracePeriodSeconds;
}

const NOT_COUNTED = new Set(['metadata', 'status', 'kind', 'apiVersion']);

/** metadata.generation counts the changes of what is wanted, however they came in. */
function countGeneration(kind: Kind, object: KubeObject, form: KubeObject, old: KubeObject): void {
  const { generation } = kind.storage.strategy;
  if (generation === false) return;
  const changed = generation
    ? generation(form, old)
    : [...new Set([...Object.keys(form), ...Object.keys(old)])].some(
        (field) => !NOT_COUNTED.has(field) && !sameJson(form[field], old[field]),
      );
  if (changed) form.metadata.generation = object.metadata.generation = (old.metadata.generation ?? 0) + 1;
}

/** An object that is being deleted goes with its last finalizer. */
function isFinished(kind: Kind, form: KubeObject, old: KubeObject): boolean {
  const meta = form.metadata;
  if (!old.metadata.deletionTimestamp || meta.finalizers?.length) return false;
  if (kind.storage.strategy.specFinalizers?.(form).length) return false;
  // a pod in its grace period still runs
  return !old.metadata.deletionGracePeriodSeconds && !meta.deletionGracePeriodSeconds;
}

async function finish(op: Operation, form: KubeObject, stored: Stored): Promise<Once> {
  const { kind } = op.target;
  const last = withVersion(form, stored);
  if (op.dryRun) return { answer: objectAnswer(kind, fromStorage(kind, last)) };
  const outcome = await commitDelete(op, deleteOf(op, stored.name, stored.revision), stored);
  if (!outcome.ok && outcome.why === 'changed') return { current: outcome.current };
  return { answer: objectAnswer(kind, fromStorage(kind, last)) };
}
