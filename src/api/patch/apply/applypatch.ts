import { cloneJson } from '../../../meta/clone.ts';
import type { KubeObject } from '../../../meta/object.ts';
import { badRequest, StatusError } from '../../../meta/status.ts';
import { parseApiVersion } from '../../../meta/gvk.ts';
import { atOnce, type Steps } from '../../../meta/steps.ts';
import { sameJson } from '../equal.ts';
import { configProblems } from './check.ts';
import { fieldsOf } from './compare.ts';
import { applyConflict, type Conflicts } from './conflict.ts';
import { intersection, isEmptySet, recursiveDifference } from './fieldset.ts';
import { allowedByLastApplied, KUBECTL, updateLastApplied } from './lastapplied.ts';
import { changeOwners, ownable, setOwners, takeAway } from './managed.ts';
import { ownerId, readOwners, type Owner, type Owners } from './managers.ts';
import { mergeApplied } from './merge.ts';
import { prune } from './prune.ts';
import { untypedOf, versionedComparison, type Ownership } from './versions.ts';

export interface ApplyRequest extends Ownership {
  /** what the configuration must say it is; any kind where it is left out */
  kind?: string;
  /** the object as it is stored, in the version of the request; undefined where the apply creates it */
  live: KubeObject | undefined;
  /** the applied configuration as parsed from the request: not defaulted, not pruned */
  patch: KubeObject;
  manager: string;
  force: boolean;
  subresource?: string;
  /** RFC 3339, whole seconds */
  now: string;
}

/**
 * Server-side apply: the live object with the configuration merged into it, without what the manager applied before
 * and does not any more, and with new managedFields. Arguments stay as they are.
 *
 * Throws 409 with a cause per field where others own what would change and `force` is not set, 400 for a patch with
 * managedFields or of another version, 500 for one that the schema cannot read (as kube-apiserver does).
 * Source: KEP-555, https://kubernetes.io/docs/reference/using-api/server-side-apply/
 */
export function* applySteps(request: ApplyRequest): Steps<KubeObject> {
  checkConfig(request);
  yield;
  const { live, manager, now } = request;
  const base = live && withoutManagedFields(live);
  const owners = (live && readOwners(live.metadata.managedFields)) || (new Map() as Owners);
  const self: Owner = {
    manager: manager || 'unknown',
    operation: 'Apply',
    apiVersion: request.apiVersion,
    subresource: request.subresource ?? '',
    time: now,
    set: {},
  };
  if (owners.size === 0 && base) {
    yield* changeOwners(request, owners, undefined, base, {
      ...self,
      manager: 'before-first-apply',
      operation: 'Update',
    });
  }
  const allowed = manager === KUBECTL && base && !request.force ? allowedByLastApplied(request, base) : undefined;
  yield;
  const result = yield* applyOnce(request, base, owners, self, allowed);
  yield;
  const object = setOwners(result.object, result.owners);
  return manager === KUBECTL ? updateLastApplied(object, request.patch) : object;
}

/** The same for what is known to be small. */
export const applyPatch = (request: ApplyRequest): KubeObject => atOnce(applySteps(request));

/** A group, version and kind as Go shows them: `apps/v1, Kind=Deployment`; nothing of an apiVersion that is none. */
function typeOf({ apiVersion, kind }: KubeObject): string {
  const text = typeof apiVersion === 'string' ? apiVersion : '';
  if (text.split('/').length > 2) return '/, Kind=';
  const { group, version } = parseApiVersion(text);
  return `${group}/${version}, Kind=${typeof kind === 'string' ? kind : ''}`;
}

/** How messages name a configuration: `namespace/name; group/version, Kind=Kind`. */
function subjectOf(patch: KubeObject): string {
  const { namespace, name } = (patch.metadata ?? {}) as { namespace?: unknown; name?: unknown };
  const text = (value: unknown): string => (typeof value === 'string' ? value : '');
  return `${text(namespace)}/${text(name)}; ${typeOf(patch)}`;
}

/** 500 for a configuration whose values Go cannot hold, though its schema can. */
export const unconvertible = (patch: KubeObject, why: string): StatusError =>
  new StatusError({
    message: `failed to convert new object (${subjectOf(patch)}) to proper version: unable to convert unstructured object to ${typeOf(patch)}: ${why}`,
    code: 500,
  });

function checkConfig(request: ApplyRequest): void {
  const { patch, apiVersion, schema } = request;
  if (patch.apiVersion !== apiVersion || (request.kind !== undefined && patch.kind !== request.kind)) {
    throw badRequest(`invalid object type: ${typeOf(patch)}`);
  }
  if ((patch.metadata as unknown) != null && patch.metadata.managedFields != null)
    throw badRequest('metadata.managedFields must be nil');
  const problems = configProblems(schema, patch, untypedOf(request));
  if (problems.length === 0) return;
  const subject = subjectOf(patch);
  const text =
    problems.length === 1 ? problems[0] : ['errors:', ...problems.map((problem) => `  ${problem}`)].join('\n');
  throw new StatusError({ message: `failed to create typed patch object (${subject}): ${text}`, code: 500 });
}

function withoutManagedFields(object: KubeObject): KubeObject {
  const { managedFields: _, ...metadata } = object.metadata;
  return { ...object, metadata: metadata as KubeObject['metadata'] };
}

function* applyOnce(
  of: ApplyRequest,
  live: KubeObject | undefined,
  before: Owners,
  self: Owner,
  allowed: ReturnType<typeof allowedByLastApplied>,
): Steps<{ object: KubeObject; owners: Owners }> {
  const untyped = untypedOf(of);
  const owners: Owners = new Map(before);
  const id = ownerId(self);
  const last = owners.get(id);
  const config = fieldsOf(of.schema, of.patch, untyped);
  yield;
  const applier: Owner = { ...self, set: of.ignored ? recursiveDifference(config, of.ignored) : config };
  owners.set(id, applier);
  const merged = live ? (mergeApplied(of.schema, live, of.patch, untyped) as KubeObject) : cloneJson(of.patch);
  yield;
  const pruned = yield* prune(of, merged, owners, applier, last);
  const compared = versionedComparison(of, live ?? ({} as KubeObject), pruned);
  if (!of.force) {
    const conflicts: Conflicts = new Map();
    for (const [other, owner] of owners) {
      if (other === id) continue;
      const comparison = compared(owner.apiVersion);
      yield;
      let taken = comparison ? intersection(owner.set, comparison.changed) : {};
      if (allowed) taken = allowed(taken);
      if (!isEmptySet(taken)) conflicts.set(owner, taken);
    }
    if (conflicts.size) throw yield* applyConflict(conflicts);
  }
  yield* takeAway(owners, compared, id);
  const set = ownable(applier.set, undefined);
  yield;
  const unchanged = live !== undefined && sameJson(live, pruned);
  if (isEmptySet(set)) owners.delete(id);
  else
    owners.set(id, {
      ...applier,
      set,
      time: unchanged ? (last?.time ?? '') : self.time,
      ...(last?.entry && { entry: last.entry }),
    });
  return { object: { ...pruned, metadata: { ...pruned.metadata } }, owners };
}
