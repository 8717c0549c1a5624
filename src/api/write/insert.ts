import { traced } from './traced.ts';
import type { Kind } from '../../kinds/kind.ts';
import { fromStorage, storedForm, toStorage } from '../../kinds/encode.ts';
import { generateName } from '../../meta/names-generate.ts';
import type { KubeObject } from '../../meta/object.ts';
import { alreadyExists, invalidObject, StatusError } from '../../meta/status.ts';
import type { Steps } from '../../meta/steps.ts';
import { newUid } from '../../meta/uid.ts';
import type { Outcome, Stored } from '../../store/contract.ts';
import { objectAnswer, storedAnswer } from '../answer.ts';
import type { ObjectAnswer } from '../contract.ts';
import { hasWebhook, inStoredVersion, oneInKindsVersion } from '../conversion/stored-version.ts';
import { checkEscalation } from '../authorization/escalation.ts';
import { checkParamAccess } from '../authorization/policy-params.ts';
import { CreatedSets } from '../patch/apply/created.ts';
import { isEmptySet } from '../patch/apply/fieldset.ts';
import { createdFields, managedFieldsUpdate } from '../patch/apply/managed.ts';
import { entryOf } from '../patch/apply/managers.ts';
import { versionProblem } from '../resource-version.ts';
import { resourceOf } from '../target.ts';
import type { Allocation } from '../allocation/allocation.ts';
import { defaultsSteps, sentForm } from './defaults.ts';
import { allocationFor } from './allocation.ts';
import { admissionRequest, strategyContext, type Operation } from './operation.ts';
import { ownershipOf } from './ownership.ts';
import { checkNamespace, dropRepeatedOwners } from './read-body.ts';
import { writeSteps } from './stored-write.ts';
import { verdictOn } from './verdict.ts';

/** Names that are drawn before a generated name's collisions are reported. */
const MAX_NAMES = 8;

/** How an insert ended. `taken` only where the caller wants to go on as an update. */
export type Inserted = { answer: ObjectAnswer } | { taken: Stored | undefined };

/**
 * From a decoded object of the request's version to the store: defaults, field owners, mutating admission, system
 * fields, validation, validating admission, commit. Changes `object`.
 * @param applied managedFields are those of a server-side apply already
 */
export async function insert(op: Operation, object: KubeObject, applied = false): Promise<Inserted> {
  const { core, ctx, target } = op;
  const { kind } = target;
  if (op.pace.due) await op.pace.turn();
  dropRepeatedOwners(ctx, object);
  if (!applied) wipe(object);
  await op.pace.run(defaultsSteps(kind, object));
  if (op.pace.due) await op.pace.turn();
  const owned = applied ? undefined : op.pace.run(own(op, object));
  if (owned) await owned;
  if (op.pace.due) await op.pace.turn();
  const internal = toStorage(kind, object);
  const request = admissionRequest(op, 'CREATE', internal, undefined);
  await core.admission.admit(request);
  // a webhook may have moved it
  checkNamespace(target, internal);
  const draw = internal.metadata.generateName && !internal.metadata.name ? internal.metadata.generateName : undefined;
  setSystemFields(op, internal);
  if (op.pace.due) await op.pace.turn();
  for (let names = 1; ; names++) {
    if (draw) internal.metadata.name = generateName(draw);
    const inserted = await insertNamed(op, internal, names === 1 ? request : undefined);
    if ('answer' in inserted || !draw) return inserted;
    if (names === MAX_NAMES) throw nameTaken(kind, internal, inserted.taken);
  }
}

const createdSets = new CreatedSets();

/** What the manager owns is read off the object as Go would write it; the object itself stays as it was sent. */
function* own({ core, target, by, now }: Operation, object: KubeObject): Steps<void> {
  const { kind, subresource } = target;
  const ownership = ownershipOf(core.registry, kind, subresource);
  if (kind.custom || object.metadata.managedFields !== undefined) {
    const form = sentForm(kind, object);
    yield;
    yield* managedFieldsUpdate({ ...ownership, live: undefined, object: form, manager: by.manager, subresource, now });
    const { managedFields } = form.metadata;
    if (managedFields) object.metadata.managedFields = managedFields;
    else delete object.metadata.managedFields;
    return;
  }
  const { apiVersion, schema } = ownership;
  const endpoint = `${apiVersion} ${kind.kind} ${subresource}`;
  const set = yield* createdSets.of(endpoint, schema, object, function* () {
    const form = sentForm(kind, object);
    yield;
    return yield* createdFields(ownership, form);
  });
  if (isEmptySet(set)) return;
  // the set is sorted, and what is created is not kept as an object: nobody reads the entry as an owner again
  object.metadata.managedFields = [
    entryOf({ manager: by.manager, operation: 'Update', apiVersion, subresource, time: now, set }, set),
  ];
}

function setSystemFields(op: Operation, object: KubeObject): void {
  wipe(object);
  object.metadata.uid = newUid();
  object.metadata.creationTimestamp = op.now;
}

/** What a new object cannot have; so nobody owns it. Source: WipeObjectMetaSystemFields of apiserver's registry/rest. */
function wipe({ metadata }: KubeObject): void {
  delete metadata.deletionTimestamp;
  delete metadata.deletionGracePeriodSeconds;
  delete metadata.selfLink;
}

async function insertNamed(
  op: Operation,
  object: KubeObject,
  first: ReturnType<typeof admissionRequest> | undefined,
): Promise<Inserted> {
  const { core, target } = op;
  const { kind } = target;
  const allocation = allocationFor(op, object, undefined);
  try {
    if (first) await prepare(op, object);
    else await refuseInvalid(op, object);
    checkEscalation(core, op.ctx, target, object, undefined);
    checkParamAccess(core, op.ctx, target, object, undefined);
    if (op.pace.due) await op.pace.turn();
    if (first) await core.admission.validate(first);
    // refused by the storage, which a dry run does not come to: it answers with the version that it was given
    const { resourceVersion } = object.metadata;
    if (!op.dryRun && versionGiven(resourceVersion)) {
      throw new StatusError({ message: 'resourceVersion should not be set on objects to be created', code: 500 });
    }
    if (op.pace.due) await op.pace.turn();
    const form = storedForm(kind.storage, kind.custom, object);
    if (op.pace.due) await op.pace.turn();
    if (op.dryRun) {
      const there = core.store.get(await op.pace.run(writeSteps(op, form, undefined)));
      if (there) throw nameTaken(kind, form, there);
      if (op.pace.due) await op.pace.turn();
      const rehearsed = fromStorage(kind, form);
      if (resourceVersion) rehearsed.metadata.resourceVersion = resourceVersion;
      return { answer: objectAnswer(kind, rehearsed, 201) };
    }
    const outcome = await commit(op, hasWebhook(kind) ? await inStoredVersion(core, kind, form) : form, allocation);
    if (!outcome.ok) return { taken: outcome.current };
    const { stored } = outcome;
    return { answer: storedAnswer(kind, hasWebhook(kind) ? await oneInKindsVersion(core, kind, stored) : stored, 201) };
  } finally {
    allocation?.release();
  }
}

async function commit(op: Operation, form: KubeObject, allocation: Allocation | undefined): Promise<Outcome> {
  const write = await op.pace.run(writeSteps(op, form, undefined));
  if (op.pace.due) await op.pace.turn();
  return traced(op, 'Create', allocation ? allocation.commit(write) : op.core.store.commit(write));
}

/** Strategy and validation of a create, once. */
async function prepare(op: Operation, object: KubeObject): Promise<void> {
  const { kind } = op.target;
  const { strategy } = kind.storage;
  strategy.prepareForCreate?.(object, strategyContext(op));
  if (strategy.generation !== false) object.metadata.generation = 1;
  for (const warning of await refuseInvalid(op, object)) op.ctx.warn(warning);
}

/** What its author is advised. Throws 422. */
async function refuseInvalid(op: Operation, object: KubeObject): Promise<readonly string[]> {
  const { errors, advice } = await verdictOn(op, { object, old: undefined }, strategyContext(op));
  if (errors.length) throw invalidObject(op.target.kind.storage, object.metadata.name ?? '', errors);
  return advice;
}

/**
 * 409 for a name that is there; an object that asks for a drawn one is told to come again. Source: CheckGeneratedNameError.
 * @param there what has the name: one that is leaving will not have it for long
 */
export function nameTaken(
  kind: Kind,
  { metadata: { name, generateName } }: KubeObject,
  there: Stored | undefined,
): StatusError {
  const { status } = alreadyExists(resourceOf(kind), name);
  const leaving = there?.object.metadata.deletionTimestamp ? 'object is being deleted: ' : '';
  const drawn = generateName ? ', the server was not able to generate a unique name for the object' : '';
  return new StatusError({
    ...status,
    message: `${leaving}${status.message}${drawn}`,
    details: { ...status.details, ...(generateName && { retryAfterSeconds: 1 }) },
  });
}

/** A version that a new object names; nonsense counts as none. */
const versionGiven = (text: string | undefined): boolean =>
  text !== undefined && versionProblem(text) === undefined && BigInt(text) !== 0n;
