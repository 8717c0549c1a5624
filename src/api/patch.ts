import { Walk } from '../kinds/decode-struct.ts';
import { decodePatched, decodeWithoutVersion } from '../kinds/decode.ts';
import type { Kind } from '../kinds/kind.ts';
import type { Schema } from '../kinds/schema.ts';
import type { KubeObject, ObjectMeta } from '../meta/object.ts';
import type { Steps } from '../meta/steps.ts';
import { badRequest, conflict, notFound, type StatusError } from '../meta/status.ts';
import { checkPatchOptions } from './options.ts';
import { patchText } from './audit/shown.ts';
import type { ObjectAnswer, PatchInput, PatchOptions, RequestContext, Target } from './contract.ts';
import { hasWebhook } from './conversion/stored-version.ts';
import type { Core } from './core.ts';
import {
  APPLY_PATCH,
  JSON_PATCH,
  MERGE_PATCH,
  patchTypeOf,
  readConfiguration,
  readPatch,
  STRATEGIC_PATCH,
  type PatchBody,
} from './patch-body.ts';
import { applySteps, unconvertible } from './patch/apply/applypatch.ts';
import type { Ownership } from './patch/apply/versions.ts';
import { ConvertWalk } from './patch/convert-walk.ts';
import { printValue } from '../go/print-value.ts';
import { patchRefused } from './patch/errors.ts';
import { goJson } from '../go/json-write.ts';
import { containersOf } from './patch/json-nodes.ts';
import { jsonPatchSteps, type Patched } from './patch/json.ts';
import { applyMergePatch } from './patch/merge.ts';
import { isPlain } from './patch/plain.ts';
import { strategicMergeSteps } from './patch/strategic.ts';
import { resourceOf } from './target.ts';
import { operationOf, type Operation } from './write/operation.ts';
import { ownershipOf, withConversions, writesPart } from './write/ownership.ts';
import { checkPlace, readBody } from './write/read-body.ts';
import { replace, type Change } from './write/replace.ts';

/** Changes the object that is there; an apply may create it. Throws 415 for types that the kind does not take. */
export async function patch(
  core: Core,
  ctx: RequestContext,
  target: Target,
  contentType: string,
  input: PatchInput,
  options: PatchOptions,
): Promise<ObjectAnswer> {
  core.authorizer.require(ctx, 'patch', target);
  const type = patchTypeOf(target.kind, contentType);
  checkPatchOptions(type, options);
  ctx.audit?.sentText(() => patchText(input));
  const op = operationOf(core, ctx, target, type === APPLY_PATCH ? 'apply' : 'patch', options);
  const change: Change = type === APPLY_PATCH ? applying(op, input, options) : patching(op, type, input, options);
  return replace(op, change);
}

/**
 * A client's patch as a function on a whole object of the kind's version; the outcome has been decoded. The patch itself
 * is read at the first call, since an object that is not there comes first. Throws 400, 413, 422.
 * @param sharing what the patch leaves as it was is shared with the live object, and not looked at again
 */
export function patcher(
  ctx: RequestContext,
  kind: Kind,
  type: string,
  input: PatchInput,
  fieldValidation: string | undefined,
  sharing = false,
): (live: KubeObject) => Steps<KubeObject> {
  const warn = (text: string): void => ctx.warn(text);
  let body: PatchBody | undefined;
  return function* (live) {
    if (!body) {
      body = readPatch(type, input, fieldValidation === 'Ignore');
      yield;
    }
    const { value, strict, exact } = body;
    const strategic = type === STRATEGIC_PATCH;
    const made: Patched<KubeObject> | undefined = type === JSON_PATCH ? yield* jsonPatchSteps(live, value) : undefined;
    const patched = made
      ? made.value
      : strategic
        ? yield* strategicMergeSteps(kind.schema, live, value)
        : applyMergePatch(live, value);
    yield;
    const refuse = (why: string): StatusError =>
      patchRefused(strategic ? printValue(value ?? {}) : shown(kind, patched, live, made?.given() ?? NOTHING), why);
    const walk = strategic ? new ConvertWalk(kind.schema) : new Walk(kind.schema, made?.exact ?? exact);
    walk.sorted ||= type === MERGE_PATCH;
    if (sharing) walk.known = live;
    const refusal = { refuse, refuseKind: refuse };
    if (!kind.custom && !strategic && isPlain(patched) && (patched.apiVersion ?? '') === '')
      return decodeWithoutVersion(patched, kind, fieldValidation, warn, refusal, strict);
    const object = decodePatched(patched, kind, fieldValidation, warn, refusal, strict, walk);
    object.metadata ??= {} as ObjectMeta;
    return object;
  };
}

const NOTHING: ReadonlySet<unknown> = new Set();
const ANY: Schema = { type: 'any' };
/** Which schema is that of a part. */
const SCHEMA_PARTS = {
  item: (schema: Schema): Schema => (schema.type === 'list' ? schema.item : ANY),
  below(schema: Schema, key: string): Schema {
    if (schema.type === 'object') return schema.fields.get(key)?.schema ?? ANY;
    return schema.type === 'map' ? schema.value : ANY;
  },
};

/**
 * The patched object as text, as kube-apiserver has it: what the patch has touched is in the order of its keys, other
 * structs are in that of their fields, and values of a JSON patch are as they came.
 */
function shown(kind: Kind, patched: KubeObject, live: KubeObject, given: ReadonlySet<unknown>): string {
  const structs = new Set<unknown>();
  if (!kind.custom) containersOf(live, structs);
  // of the whole the keys are always in order
  structs.delete(patched);
  return goJson(
    patched,
    {
      ...SCHEMA_PARTS,
      keysOf(object, schema) {
        if (given.has(object)) return Object.keys(object);
        return schema.type === 'object' && structs.has(object) ? [...schema.fields.keys()] : undefined;
      },
    },
    kind.schema,
  );
}

function patching({ ctx, target, pace }: Operation, type: string, input: PatchInput, options: PatchOptions): Change {
  const { kind } = target;
  const apply = patcher(ctx, kind, type, input, options.fieldValidation, writesPart(kind, target.subresource));
  return {
    createMissing: false,
    async next(live) {
      if (!live) throw notFound(resourceOf(kind), target.name);
      const object = await pace.run(apply(live));
      checkPlace(target, object);
      return object;
    },
  };
}

function applying({ core, ctx, target, now, pace }: Operation, input: PatchInput, options: PatchOptions): Change {
  const { kind, subresource } = target;
  const configuration = readConfiguration(input);
  const applied = configuration.value;
  const { fieldManager: manager = '', force = false } = options;
  return {
    createMissing: !subresource,
    applied: true,
    async next(live) {
      if (!live) core.authorizer.require(ctx, 'create', target);
      const ownership = ownershipOf(core.registry, kind, subresource);
      const apply = (of: Ownership): KubeObject | Promise<KubeObject> =>
        pace.run(applySteps({ ...of, kind: kind.kind, live, patch: applied, manager, force, subresource, now }));
      const object = await (hasWebhook(kind) ? withConversions(core, kind, ownership, apply) : apply(ownership));
      if (configuration.strict && options.fieldValidation === 'Strict') throw badRequest(configuration.strict);
      const { managedFields } = object.metadata;
      if (pace.due) await pace.turn();
      const read = readApplied(ctx, kind, object, applied, options.fieldValidation);
      // field owners are not what the client wrote: they are kept as they came out
      if (managedFields) read.metadata.managedFields = managedFields;
      if (!live && read.metadata.uid) {
        const why = `uid mismatch: the provided object specified uid ${read.metadata.uid}, and no existing object was found`;
        throw conflict(resourceOf(kind), target.name, why);
      }
      if (!live) delete (read.metadata as Partial<typeof read.metadata>).resourceVersion;
      checkPlace(target, read);
      return read;
    },
  };
}

/** The outcome of an apply as an object of its kind; its fields are known, its values may be bad. */
function readApplied(
  ctx: RequestContext,
  kind: Kind,
  object: KubeObject,
  applied: KubeObject,
  fieldValidation: string | undefined,
): KubeObject {
  if (kind.custom) return readBody(ctx, kind, { object }, fieldValidation);
  const refuse = (why: string): StatusError => unconvertible(applied, why);
  const read = decodePatched(
    object,
    kind,
    'Ignore',
    () => undefined,
    { refuse, refuseKind: refuse },
    [],
    new ConvertWalk(kind.schema),
  );
  read.metadata ??= {} as ObjectMeta;
  return read;
}
