import type { Kind } from '../kinds/kind.ts';
import type { Json, KubeObject } from '../meta/object.ts';
import { badRequest, notFound } from '../meta/status.ts';
import { checkPatchOptions } from './options.ts';
import type { Answer, PatchOptions, RequestContext, Target } from './contract.ts';
import type { Core } from './core.ts';
import { APPLY_PATCH, JSON_PATCH, MERGE_PATCH, parsePatch, patchTypeOf } from './patch-body.ts';
import { applyPatch } from './patch/apply/applypatch.ts';
import { applyJsonPatch } from './patch/json.ts';
import { applyMergePatch } from './patch/merge.ts';
import { applyStrategicMergePatch } from './patch/strategic.ts';
import { resourceOf } from './target.ts';
import { operationOf } from './write/operation.ts';
import { ownershipOf, writesPart } from './write/ownership.ts';
import { checkPlace, readBody } from './write/read-body.ts';
import { replace, type Change } from './write/replace.ts';

export type PatchInput = { bytes: Buffer } | { value: Json };

/** Changes the object that is there; an apply may create it. Throws 415 for types that the kind does not take. */
export async function patch(core: Core, ctx: RequestContext, target: Target, contentType: string, input: PatchInput, options: PatchOptions): Promise<Answer> {
  const type = patchTypeOf(target.kind, contentType);
  core.authorizer.require(ctx, 'patch', target);
  checkPatchOptions(type, options);
  const value = parsePatch(type, input);
  const op = operationOf(core, ctx, target, type === APPLY_PATCH ? 'apply' : 'patch', options);
  const change: Change = type === APPLY_PATCH ? applying(core, ctx, target, value, options, op.now) : patching(ctx, target, type, value, options);
  return replace(op, change);
}

/** A client's patch as a function on a whole object of the kind's version. */
export function patchFunction(kind: Kind, type: string, value: Json): (live: KubeObject) => KubeObject {
  if (type === JSON_PATCH) return (live) => applyJsonPatch(live, value);
  if (type === MERGE_PATCH) return (live) => applyMergePatch(live, value);
  return (live) => applyStrategicMergePatch(kind.schema, live, value);
}

function patching(ctx: RequestContext, target: Target, type: string, value: Json, options: PatchOptions): Change {
  const { kind } = target;
  const apply = patchFunction(kind, type, value);
  return {
    createMissing: false,
    next(live) {
      if (!live) throw notFound(resourceOf(kind), target.name);
      const known = writesPart(kind, target.subresource) ? live : undefined;
      const object = readBody(ctx, kind, { object: apply(live) }, options.fieldValidation, known);
      checkPlace(target, object);
      return object;
    },
  };
}

function applying(core: Core, ctx: RequestContext, target: Target, value: Json, options: PatchOptions, now: string): Change {
  const { kind, subresource } = target;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw badRequest('error decoding YAML: the patch must be an object');
  const applied = value as unknown as KubeObject;
  const { fieldManager: manager = '', force = false } = options;
  return {
    createMissing: !subresource,
    applied: true,
    next(live) {
      if (!live) core.authorizer.require(ctx, 'create', target);
      checkApplied(target, applied);
      const object = applyPatch({ ...ownershipOf(core.registry, kind, subresource), live, patch: applied, manager, force, subresource, now });
      const { managedFields } = object.metadata;
      const read = readBody(ctx, kind, { object }, options.fieldValidation);
      // field owners are not what the client wrote: they are kept as they came out
      if (managedFields) read.metadata.managedFields = managedFields;
      if (!live) delete (read.metadata as Partial<typeof read.metadata>).resourceVersion;
      checkPlace(target, read);
      return read;
    },
  };
}

/** The configuration names the object that the URL does. */
function checkApplied(target: Target, applied: KubeObject): void {
  const name = applied.metadata?.name;
  if (name && name !== target.name) throw badRequest(`the name of the object (${name}) does not match the name on the URL (${target.name})`);
}

