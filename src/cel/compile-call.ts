import type { Call, Node } from './ast.ts';
import { add, divide, modulo, multiply, negate, subtract } from './arithmetic.ts';
import { sizeInside, TRAVERSAL } from './cost.ts';
import { compare, contains, equal } from './equality.ts';
import { attribute, charge, constant, type Compiled, type Parts, type Run } from './frame.ts';
import type { Overload } from './overload.ts';
import { index } from './select.ts';
import { fits } from './fits.ts';
import { typeName } from './library/conversions.ts';
import type { Type } from './types.ts';
import { regexpProblem } from '../go/regexp.ts';
import { CelError, error, isList, isMap, keyOf, mapGet, NO_OVERLOAD, Opaque, Optional, type Value } from './values.ts';

type Make = (compiler: Parts, node: Call) => Compiled;

/** Functions of an evaluation that are more than their arguments' values. */
const SPECIAL: ReadonlyMap<string, Make> = new Map<string, Make>([
  ['_&&_', (compiler, node) => logic(compiler, node, false)],
  ['_||_', (compiler, node) => logic(compiler, node, true)],
  ['_?_:_', conditional],
  ['_==_', (compiler, node) => comparison(compiler, node, (a, b) => equal(a, b))],
  ['_!=_', (compiler, node) => comparison(compiler, node, (a, b) => !equal(a, b))],
  ['_[_]', (compiler, node) => indexed(compiler, node, false)],
  ['_[?_]', (compiler, node) => indexed(compiler, node, true)],
  ['_?._', (compiler, node) => indexed(compiler, node, true)],
  ['@in', member],
  ['@not_strictly_false', notStrictlyFalse],
  ['or', alternative],
  ['orValue', alternative],
]);
const order =
  (holds: (order: number) => boolean) =>
  (a: Value, b: Value): Value => {
    const order = compare(a, b);
    return typeof order === 'number' ? holds(order) : order;
  };
const BINARY: ReadonlyMap<string, (a: Value, b: Value) => Value> = new Map([
  ['_+_', add],
  ['_-_', subtract],
  ['_*_', multiply],
  ['_/_', divide],
  ['_%_', modulo],
  ['_<_', order((o) => o < 0)],
  ['_<=_', order((o) => o <= 0)],
  ['_>_', order((o) => o > 0)],
  ['_>=_', order((o) => o >= 0)],
]);
const UNARY: ReadonlyMap<string, (a: Value) => Value> = new Map([
  ['-_', negate],
  ['!_', (a: Value): Value => (typeof a === 'boolean' ? !a : a instanceof CelError ? a : NO_OVERLOAD)],
]);
/** Their value for a constant is a constant. */
const CONVERSIONS = new Set('bool bytes double duration dyn int string timestamp type uint'.split(' '));

export function compileCall(compiler: Parts, node: Call): Compiled {
  const special = SPECIAL.get(node.name);
  if (special) return special(compiler, node);
  const args = node.target ? [node.target, ...node.args] : node.args;
  const [first, second] = args;
  const binary = BINARY.get(node.name);
  if (binary) return { run: operator(node, compiler.run(first as Node), compiler.run(second as Node), binary) };
  const unary = UNARY.get(node.name);
  if (unary) {
    const operand = compiler.run(first as Node);
    return {
      run: (frame) => {
        const value = operand(frame);
        charge(frame, 1);
        const result = unary(value);
        return result === NO_OVERLOAD && node.name === '-_' ? unsupported(node.name, value) : result;
      },
    };
  }
  const compiled = args.map((arg) => compiler.compile(arg));
  checkPattern(node.name, compiled[1]?.value);
  const runs = compiled.map(({ run }) => run);
  const plain = compiled[1]?.value !== undefined && PATTERNS.has(node.name);
  const refused = plain ? () => NO_OVERLOAD : (values: readonly Value[]) => noOverload(node.name, values);
  const sure = node.overloads?.length === 1;
  const early = !WHOLE.has(node.name) && (!sure || runs.length > 2 || plain);
  const run = call(compiler.overloads(node), runs, sure, early, refused);
  const value = compiled[0]?.value;
  if (compiled.length === 1 && value !== undefined && CONVERSIONS.has(node.name)) return folded(run);
  return { run };
}
/** A pattern that is a constant is compiled before anything runs. */
function checkPattern(name: string, pattern: Value | undefined): void {
  if (name === 'matches' || !PATTERNS.has(name) || typeof pattern !== 'string') return;
  const problem = regexpProblem(pattern);
  if (problem !== undefined) throw new ConstantError(problem);
}
/** Worked out once; what fails, fails before anything runs. */
function folded(run: Run): Compiled {
  const value = run({ cost: 0, limit: Infinity, slots: [], variables: {} });
  if (value instanceof CelError) throw new ConstantError(value.message);
  return constant(value);
}
/** A constant that cannot be. */
export class ConstantError extends Error {}

/** What the left side of an operator may be at all; of others the message names the operator. */
const LEFT: Readonly<Record<string, string>> = {
  '_+_': 'int uint double string bytes list google.protobuf.Duration google.protobuf.Timestamp',
  '_-_': 'int uint double google.protobuf.Duration google.protobuf.Timestamp',
  '_*_': 'int uint double',
  '_/_': 'int uint double',
  '_%_': 'int uint',
  '-_': 'int double bool google.protobuf.Duration',
};
/** Types that cel-go asks themselves for what they do not know; they do not tell what it was. */
const ASKED = new Set(['string', 'google.protobuf.Duration', 'google.protobuf.Timestamp']);
const ORDERED = 'int uint double string bytes bool google.protobuf.Duration google.protobuf.Timestamp';
function unsupported(name: string, left: Value): CelError {
  const type = typeName(left);
  const known = ASKED.has(type) || (LEFT[name] ?? ORDERED).split(' ').includes(type);
  return known ? NO_OVERLOAD : error(`no such overload: ${name}`);
}

/** Both are evaluated, whatever the first is: its error does not make the second cheaper. */
function operator(node: Call, left: Run, right: Run, run: (a: Value, b: Value) => Value): Run {
  const id = node.overloads?.length === 1 ? (node.overloads[0] as Overload).id : '';
  const both = id === 'add_string' || id === 'add_bytes';
  const least = /^(?:less|greater)(?:_equals)?_(?:string|bytes)$/.test(id);
  return (frame) => {
    const a = left(frame);
    const b = right(frame);
    if (both) charge(frame, Math.ceil((sizeInside(a) + sizeInside(b)) * TRAVERSAL));
    else charge(frame, least ? Math.ceil(Math.min(sizeInside(a), sizeInside(b)) * TRAVERSAL) : 1);
    if (a instanceof CelError) return a;
    if (b instanceof CelError) return b;
    const result = run(a, b);
    return result === NO_OVERLOAD ? unsupported(node.name, a) : result;
  };
}

/** `&&` and `||`: `decisive` on either side decides, whatever the other is, an error too. */
function logic(compiler: Parts, node: Call, decisive: boolean): Compiled {
  const [left, right] = node.args.map((arg) => compiler.run(arg)) as [Run, Run];
  return {
    run: (frame) => {
      const a = left(frame);
      if (a === decisive) return decisive;
      const b = right(frame);
      if (b === decisive) return decisive;
      if (typeof a !== 'boolean') return a instanceof CelError ? a : NO_OVERLOAD;
      if (typeof b !== 'boolean') return b instanceof CelError ? b : NO_OVERLOAD;
      return b;
    },
  };
}
/** The branches are only evaluated if they are taken; a name in them costs its fields alone. */
function conditional(compiler: Parts, node: Call): Compiled {
  const [test, yes, no] = node.args as [Node, Node, Node];
  const condition = compiler.run(test);
  const [taken, other] = [compiler.base(yes), compiler.base(no)];
  const run: Run = (frame) => {
    const value = condition(frame);
    if (value === true) return taken(frame);
    if (value === false) return other(frame);
    return value instanceof CelError ? value : NO_OVERLOAD;
  };
  return attribute(run, true);
}
function comparison(compiler: Parts, node: Call, run: (a: Value, b: Value) => boolean): Compiled {
  const [left, right] = node.args.map((arg) => compiler.run(arg)) as [Run, Run];
  return {
    run: (frame) => {
      const a = left(frame);
      const b = right(frame);
      charge(frame, a instanceof Opaque ? 1 : Math.ceil(Math.min(sizeInside(a), sizeInside(b)) * TRAVERSAL));
      if (a instanceof CelError) return a;
      return b instanceof CelError ? b : run(a, b);
    },
  };
}
function indexed(compiler: Parts, node: Call, optional: boolean): Compiled {
  const [operand, key] = node.args as [Node, Node];
  const by = compiler.compile(key);
  const name =
    operand.type?.fields && by.value !== undefined ? operand.type.fields.get(by.value as string)?.key : undefined;
  const shown = name === undefined ? undefined : (by.value as string);
  const resolve = index(compiler.base(operand), name === undefined ? by : constant(name), optional, false, shown);
  return attribute(resolve, compiler.compile(operand).free);
}

function member(compiler: Parts, node: Call): Compiled {
  const [item, range] = node.args as [Node, Node];
  const left = compiler.run(item);
  const right = compiler.compile(range);
  const sure = node.overloads?.length === 1 && node.overloads[0]?.id === 'in_list';
  if (sure && isList(right.value)) {
    const known = constantSet(right.value);
    if (right.value.length === 0) return constant(false);
    if (known) {
      return {
        run: (frame) => {
          const value = left(frame);
          if (value instanceof CelError) return value;
          const key = value instanceof Uint8Array ? undefined : keyOf(value);
          return key !== undefined && known.has(key);
        },
      };
    }
  }
  return {
    run: (frame) => {
      const value = left(frame);
      const over = right.run(frame);
      charge(frame, sure ? sizeInside(over) : 1);
      if (value instanceof CelError) return value;
      if (over instanceof CelError) return over;
      if (isList(over)) return contains(over, value);
      return isMap(over) ? mapGet(over, value) !== undefined : NO_OVERLOAD;
    },
  };
}
/** A list of scalars as a set; undefined where it has something else. */
function constantSet(list: readonly unknown[]): ReadonlySet<unknown> | undefined {
  const keys = list.map((item) => keyOf(item as Value));
  return keys.includes(undefined) ? undefined : new Set(keys);
}

function notStrictlyFalse(compiler: Parts, node: Call): Compiled {
  const operand = compiler.run(node.args[0] as Node);
  return {
    run: (frame) => {
      const value = operand(frame);
      charge(frame, 1);
      return typeof value === 'boolean' ? value : true;
    },
  };
}
/** `a.or(b)`, `a.orValue(b)`: the other is only evaluated if there is no value. */
function alternative(compiler: Parts, node: Call): Compiled {
  const first = compiler.run(node.target as Node);
  const other = compiler.run(node.args[0] as Node);
  const unwrap = node.name === 'orValue';
  return {
    run: (frame) => {
      const value = first(frame);
      if (value instanceof CelError) return value;
      if (!(value instanceof Optional)) return NO_OVERLOAD;
      if (value.present) return unwrap ? value.value : value;
      const instead = other(frame);
      return unwrap || instead instanceof Optional || instead instanceof CelError ? instead : NO_OVERLOAD;
    },
  };
}

/** Functions whose pattern is compiled once where it is a constant; they do not tell what they refuse. */
const PATTERNS = new Set(['matches', 'find', 'findAll']);
/** Functions that cel-go binds as a whole: their errors do not tell the types. */
const WHOLE = new Set(['size', 'matches', 'sort', '@sortByAssociatedKeys']);
function noOverload(name: string, values: readonly Value[]): CelError {
  if (WHOLE.has(name) && ASKED.has(typeName(values[0] as Value))) return NO_OVERLOAD;
  const types = WHOLE.has(name) ? '' : `(${values.map(typeName).join(', ')})`;
  return error(`no such overload: ${name}${types}`);
}

/**
 * A function of the table: the overload that takes the values.
 * @param early nothing is evaluated after an argument that fails, and such a call costs nothing
 */
function call(
  overloads: readonly Overload[],
  args: readonly Run[],
  sure: boolean,
  early: boolean,
  refused: (values: readonly Value[]) => CelError,
): Run {
  const cost = overloads.find(({ ifSure }) => sure || !ifSure)?.cost;
  const [only] = overloads;
  if (args.length === 1 && only && sure) return callOne(only, args[0] as Run, refused);
  return (frame) => {
    const values: Value[] = [];
    let failed: CelError | undefined;
    for (const arg of args) {
      const value = arg(frame);
      values.push(value);
      if (!(value instanceof CelError)) continue;
      failed ??= value;
      if (early && values.length < args.length) return failed;
    }
    const overload = failed ? undefined : overloads.find(({ parameters, loose }) => loose || takes(parameters, values));
    const result = overload ? overload.run(...(values as never[])) : (failed ?? refused(values));
    charge(frame, cost ? cost(values, result) : 1);
    return result;
  };
}
/** The same for the one overload of one value, which most are. */
function callOne(
  { run, cost, loose, parameters }: Overload,
  arg: Run,
  refused: (values: readonly Value[]) => CelError,
): Run {
  const type = parameters[0] as Type;
  return (frame) => {
    const value = arg(frame);
    let result: Value;
    if (value instanceof CelError) result = value;
    else result = loose || fits(type, value) ? run(value as never) : refused([value]);
    charge(frame, cost ? cost([value], result) : 1);
    return result;
  };
}
const takes = (parameters: readonly Type[], values: readonly Value[]): boolean =>
  parameters.every((type, i) => fits(type, values[i] as Value));
