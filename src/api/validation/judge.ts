import type { Kind, StrategyContext } from '../../kinds/kind.ts';
import { metaWarnings, validateMeta, validateMetaUpdate } from '../../kinds/validate-meta.ts';
import type { FieldError } from '../../meta/field.ts';
import type { KubeObject } from '../../meta/object.ts';
import type { Steps } from '../../meta/steps.ts';

/** The objects that a verdict is about, of the stored version. `old` is what an update finds; undefined for a create. */
export interface Case {
  object: KubeObject;
  old: KubeObject | undefined;
}

/** What came of a case. */
export interface Verdict {
  errors: readonly FieldError[];
  /** what is said to the author of an object that is good */
  advice: readonly string[];
}

/** All that is wrong with an object, or else what it is advised, with turns for others in between. */
export function* judge(kind: Kind, judged: Case, ctx: StrategyContext): Steps<Verdict> {
  const errors = yield* errorsOf(kind, judged, ctx);
  return { errors, advice: errors.length ? [] : adviceOf(kind, judged, ctx) };
}

function adviceOf(kind: Kind, { object, old }: Case, { subresource }: StrategyContext): readonly string[] {
  const advice = metaWarnings(kind, object);
  const own = old && subresource ? undefined : kind.storage.strategy.warnings?.(object, old);
  return own?.length ? [...advice, ...own] : advice;
}

/** In the order in which Kubernetes says it. */
const errorsOf = (kind: Kind, { object, old }: Case, ctx: StrategyContext): Steps<FieldError[]> =>
  old ? judgeUpdate(kind, object, old, ctx) : judgeCreate(kind, object, ctx);

function* judgeCreate(kind: Kind, object: KubeObject, ctx: StrategyContext): Steps<FieldError[]> {
  const { strategy } = kind.storage;
  const last = yield* strategy.validateSteps?.(object, undefined, ctx) ?? none();
  const errors = validateMeta(kind, object);
  yield;
  append(errors, strategy.validate?.(object, ctx));
  yield;
  append(errors, strategy.validateCreate?.(object, ctx));
  return append(errors, last);
}

function* judgeUpdate(kind: Kind, object: KubeObject, old: KubeObject, ctx: StrategyContext): Steps<FieldError[]> {
  const { strategy } = kind.storage;
  const special = ctx.subresource ? strategy.subresources?.[ctx.subresource] : undefined;
  const last = yield* (special ?? strategy).validateSteps?.(object, old, ctx) ?? none();
  const errors = validateMetaUpdate(kind, object, old, special ? (special.metadata ?? {}) : strategy.metadata);
  yield;
  if (special) return append(append(errors, special.validateUpdate?.(object, old, ctx)), last);
  if (!strategy.validatesAllOnUpdate) append(errors, strategy.validate?.(object, ctx));
  yield;
  return append(append(errors, strategy.validateUpdate?.(object, old, ctx)), last);
}

/** Not by a spread: an object of a hundred thousand mistakes has more than a call has arguments. */
function append(errors: FieldError[], more: readonly FieldError[] | undefined): FieldError[] {
  if (more) for (const error of more) errors.push(error);
  return errors;
}

// eslint-disable-next-line require-yield -- nothing to check in steps
function* none(): Steps<FieldError[]> {
  return [];
}
