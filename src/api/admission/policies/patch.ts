import type { Mutation } from '../../../../schema/optional-types.ts';
import type { Program } from '../../../cel/expression.ts';
import { CelError, type Value } from '../../../cel/values.ts';
import { GoValue } from '../../../go/print-value.ts';
import { configurationOf, jsonOf, Room } from '../../../kinds/cel/native.ts';
import { Made, misnamed, OBJECT_TYPE } from '../../../kinds/cel/patch-types.ts';
import { Walk } from '../../../kinds/decode-struct.ts';
import { decodePatched } from '../../../kinds/decode.ts';
import type { Kind } from '../../../kinds/kind.ts';
import { apiVersionOf } from '../../../meta/gvk.ts';
import { cloneJson } from '../../../meta/clone.ts';
import type { Json, KubeObject } from '../../../meta/object.ts';
import { internalError, StatusError } from '../../../meta/status.ts';
import type { Steps } from '../../../meta/steps.ts';
import { atomicParts } from '../../patch/apply/atomic-parts.ts';
import { configProblems } from '../../patch/apply/check.ts';
import { mergeApplied } from '../../patch/apply/merge.ts';
import { untypedOf } from '../../patch/apply/versions.ts';
import { ConvertWalk } from '../../patch/convert-walk.ts';
import { whyRejected } from '../../patch/errors.ts';
import { jsonPatchSteps } from '../../patch/json.ts';
import type { Evaluation } from './evaluation.ts';

const nothing = (): void => undefined;
const fail = (why: string): never => {
  throw new Error(why);
};
function checkNames(value: unknown, path: string): void {
  const wrong = misnamed(value, path);
  if (wrong.length) fail(`type mismatch: ${wrong.join('\n')}`);
}

/** Where in a configuration something is that JSON has not: no schema has said no to it where any value may be. */
function strangerIn(value: unknown, path: string): string | undefined {
  if (value instanceof GoValue) return `${path}: expected any value, got ${value.type}`;
  if (typeof value !== 'object' || value === null) return undefined;
  for (const [key, item] of Object.entries(value)) {
    const found = strangerIn(item, Array.isArray(value) ? `${path}[${key}]` : `${path}.${key}`);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** A configuration that is applied as by server-side apply, but owns nothing. Source: apiserver's mutating/patch/smd.go. */
function* applied(kind: Kind, object: KubeObject, value: Value): Steps<KubeObject> {
  // what is converted is known not to be too large to be walked through
  const config = configurationOf(value, new Room()) as Record<string, unknown>;
  checkNames(value, OBJECT_TYPE);
  Object.assign(config, { apiVersion: apiVersionOf(kind), kind: kind.kind });
  const untyped = untypedOf(kind);
  const problems = configProblems(kind.schema, config, untyped);
  const text = problems.length > 1 ? ['errors:', ...problems.map((one) => `  ${one}`)].join('\n') : problems[0];
  if (text !== undefined) fail(`error applying patch: failed to convert patch object to typed object: ${text}`);
  const atomic = atomicParts(kind.schema, config);
  if (atomic.length) {
    const why = `may not mutate atomic arrays, maps or structs: ${atomic.join(', ')}`;
    fail(`error applying patch: invalid ApplyConfiguration: ${why}`);
  }
  const strange = strangerIn(config, '');
  if (strange !== undefined) fail(`error applying patch: failed to convert patch object to typed object: ${strange}`);
  yield;
  const merged = mergeApplied(kind.schema, object, config, untyped) as KubeObject;
  yield;
  const { group, version, kind: name } = kind;
  const refuse = (why: string): StatusError =>
    new StatusError({
      message: `unable to convert unstructured object to ${group}/${version}, Kind=${name}: ${why}`,
      code: 500,
    });
  try {
    return decodePatched(
      merged,
      kind,
      'Ignore',
      nothing,
      { refuse, refuseKind: refuse },
      [],
      new ConvertWalk(kind.schema),
    );
  } catch (error) {
    // what Go cannot hold counts against the policy, whatever is thrown of it
    return fail((error as Error).message);
  }
}

/** One step of a JSON patch, as RFC 6902 has it. */
function operationOf(step: unknown, room: Room): Json {
  if (!(step instanceof Made))
    return fail('type mismatch: JSONPatchType.expression should evaluate to array of JSONPatch');
  const { op = '', path = '', from = '', value } = Object.fromEntries(step.fields);
  const made: Record<string, Json> = { op: jsonOf(op, room), path: jsonOf(path, room) };
  if (from !== '') made['from'] = jsonOf(from, room);
  if (value !== undefined) made['value'] = jsonOf(value, room);
  if (value instanceof Made) checkNames(value, value.typeName);
  return made;
}

/** A patch whose test fails does nothing. Source: apiserver's mutating/patch/json_patch.go. */
function* jsonPatched(kind: Kind, object: KubeObject, value: Value): Steps<KubeObject> {
  const room = new Room();
  const steps = (value as readonly unknown[]).map((step) => operationOf(step, room));
  let patched: KubeObject;
  try {
    patched = (yield* jsonPatchSteps(object, steps)).value;
  } catch (error) {
    const why = whyRejected(error);
    return why.endsWith('failed: test failed') ? object : fail(`JSON Patch: ${why}`);
  }
  yield;
  const own = cloneJson(patched);
  yield;
  const refusal = { refuse: internalError, refuseKind: internalError };
  return decodePatched(own, kind, 'Strict', nothing, refusal, [], new Walk(kind.schema));
}

/**
 * What a mutation makes of an object of `kind`, in steps; the object itself where it makes nothing of it. Throws Error for what
 * counts against the policy, and OutOfBudget; StatusError (500) for what the patch makes and no such object is.
 */
export function* patchSteps(
  { patchType, applyConfiguration, jsonPatch }: Mutation,
  program: Program,
  evaluation: Evaluation,
  kind: Kind,
  object: KubeObject,
): Steps<KubeObject> {
  const { expression = '' } = (patchType === 'JSONPatch' ? jsonPatch : applyConfiguration) ?? {};
  const value = evaluation.evaluate(expression, program);
  if (value instanceof CelError) return fail(value.message);
  yield;
  return yield* patchType === 'JSONPatch' ? jsonPatched(kind, object, value) : applied(kind, object, value);
}
