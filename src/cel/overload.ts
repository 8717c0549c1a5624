import type { Range } from './range.ts';
import type { Type } from './types.ts';
import type { Value } from './values.ts';

/** What a call may cost, and how large its result may be. */
export interface Estimate {
  readonly cost: Range;
  /** of a result that is a string, bytes, a list or a map */
  readonly size?: Range | undefined;
}
/** An argument as the estimates of functions see it. */
export interface Sized {
  readonly type: Type;
  readonly literal?: Value;
  /** undefined: nothing is known */
  readonly known: Range | undefined;
  readonly size: Range;
  /** what the items of a list are; undefined where it is no list */
  readonly items: Sized | undefined;
}

export interface Costs {
  /** what a call cost, by its values (the receiver first) and its result; else 1 */
  readonly cost?: (values: readonly Value[], result: Value) => number;
  /** the cost is told only where the types of the arguments leave no other overload; else it is 1 */
  readonly ifSure?: boolean;
  /** what a call may cost; else 1. A receiver is the first */
  readonly estimate?: (values: readonly Sized[]) => Estimate;
  /** of a function that looks at its values itself: `run` gets them whatever they are */
  readonly loose?: boolean;
}

/**
 * One way to call a function: what it takes and gives, what it does, and what that costs. The checker, the evaluator and
 * the estimate of cost read the same row.
 */
export interface Overload extends Costs {
  readonly id: string;
  /** called on its first parameter: `a.f(b)` */
  readonly member: boolean;
  readonly parameters: readonly Type[];
  readonly result: Type;
  /** Gets values of the types above (of lists and maps only that they are such), no errors. */
  readonly run: (...values: never[]) => Value;
}

export interface FunctionDeclaration {
  readonly name: string;
  readonly overloads: readonly Overload[];
}
export type Functions = ReadonlyMap<string, FunctionDeclaration>;

type RunOf = (...values: never[]) => Value;
/** `f(a, b)` */
export const func = (
  id: string,
  parameters: readonly Type[],
  result: Type,
  run: RunOf,
  costs: Costs = {},
): Overload => ({
  id,
  member: false,
  parameters,
  result,
  run,
  ...costs,
});
/** `a.f(b)` */
export const method = (
  id: string,
  parameters: readonly Type[],
  result: Type,
  run: RunOf,
  costs: Costs = {},
): Overload => ({ ...func(id, parameters, result, run, costs), member: true });
export type Library = Readonly<Record<string, readonly Overload[]>>;
