import { add } from '../arithmetic.ts';
import { LIST_COST, sizeOf, TRAVERSAL } from '../cost.ts';
import { compare, contains, equal } from '../equality.ts';
import { func, method, type Costs, type Library, type Overload, type Sized } from '../overload.ts';
import { add as plus, fixed, MAX_COUNT, multiply, ONE, scale, UNKNOWN, type Range } from '../range.ts';
import {
  BOOL,
  BYTES,
  DOUBLE,
  DURATION,
  DYN,
  fullName,
  INT,
  listOf,
  optionalOf,
  parameter,
  STRING,
  TIMESTAMP,
  UINT,
  type Type,
} from '../types.ts';
import {
  adapt,
  CelError,
  Double,
  Duration,
  error,
  isInt,
  isList,
  NO_OVERLOAD,
  Optional,
  Uint,
  type Value,
} from '../values.ts';
import { work } from '../work.ts';
import { typeName } from './conversions.ts';
import { SEARCH } from './search-costs.ts';

type Items = readonly unknown[];
const SUMMED: readonly Type[] = [INT, UINT, DOUBLE, DURATION];
const COMPARED: readonly Type[] = [INT, UINT, DOUBLE, BOOL, DURATION, TIMESTAMP, STRING, BYTES];
const ZERO: Readonly<Record<string, Value>> = {
  int: 0,
  uint: new Uint(0),
  double: new Double(0),
  duration: new Duration(0n),
};

/** One overload for each type of items. */
const each = (types: readonly Type[], make: (type: Type, name: string) => Overload): Overload[] =>
  types.map((type) => make(type, type.name));

function sum(list: Items, zero: Value): Value {
  let total = zero;
  for (const item of list) {
    total = add(total, adapt(item));
    if (total instanceof CelError) return NO_OVERLOAD;
  }
  return total;
}
/** The first of the greatest (`sign` -1) or the least (1). */
function extreme(list: Items, sign: 1 | -1): Value {
  if (list.length === 0) return error(`${sign === 1 ? 'min' : 'max'} called on empty list`);
  let found = adapt(list[0]);
  for (const item of list) {
    const order = compare(found, adapt(item));
    if (typeof order === 'number' && order * sign > 0) found = adapt(item);
  }
  return found;
}
function isSorted(list: Items): boolean {
  for (let i = 1; i < list.length; i++) {
    const order = compare(adapt(list[i - 1]), adapt(list[i]));
    if (typeof order === 'number' && order > 0) return false;
  }
  return true;
}
const indexOf = (list: Items, item: Value): number => {
  work(list.length);
  return list.findIndex((other) => equal(adapt(other), item));
};
const lastIndexOf = (list: Items, item: Value): number => {
  work(list.length);
  return list.findLastIndex((other) => equal(adapt(other), item));
};

const NOT_SORTED = error('no such overload: sort');
function sortBy(list: Value, keys: Value): Value {
  if (!isList(list) || !isList(keys)) return NOT_SORTED;
  if (list.length !== keys.length)
    return error(
      `@sortByAssociatedKeys() expected a list of the same size as the associated keys list, but got ${list.length} and ${keys.length} elements respectively`,
    );
  const values = keys.map(adapt);
  const [first] = values;
  if (first !== undefined && !(typeof compare(first, first) === 'number'))
    return error('list elements must be comparable');
  const name = first === undefined ? '' : typeName(first);
  if (values.some((value) => typeName(value) !== name)) return error('list elements must have the same type');
  work(list.length * 16);
  const places = Array.from(list, (_, i) => i);
  const order = (a: number, b: number): number => {
    const result = compare(values[a] as Value, values[b] as Value);
    return typeof result === 'number' ? result : 0;
  };
  return places.sort(order).map((i) => adapt(list[i]));
}
function distinct(list: Value): Value {
  if (!isList(list)) return error(`no such overload: distinct(${typeName(list)})`);
  const seen = new Set<unknown>();
  const found: Value[] = [];
  for (const item of list) {
    const value = adapt(item);
    if (typeof value === 'string' || typeof value === 'boolean') {
      if (seen.has(value)) continue;
      seen.add(value);
    } else if (contains(found, value)) continue;
    found.push(value);
  }
  return found;
}
function slice(list: Items, from: number | bigint, to: number | bigint): Value {
  const head = `cannot slice(${from}, ${to}), `;
  if (from < 0 || to < 0) return error(`${head}negative indexes not supported`);
  if (from > to) return error(`${head}start index must be less than or equal to end index`);
  if (list.length < to) return error(`${head}list is length ${list.length}`);
  work(Number(to) - Number(from));
  return Array.from(list.slice(Number(from), Number(to)));
}
function flatten(list: Value, depth: Value = 1): Value {
  if (!isList(list) || !isInt(depth)) return NO_OVERLOAD;
  if (depth < 0) return error('level must be non-negative');
  const found: Value[] = [];
  const walk = (items: Items, left: number): void => {
    work(items.length);
    for (const item of items) {
      const value = adapt(item);
      if (left > 0 && isList(value)) walk(value, left - 1);
      else found.push(value);
    }
  };
  walk(list, Number(depth));
  return found;
}
/** Most items of a list that is counted out. */
const MAX_RANGE = 1_000_000;
function range(count: number | bigint): Value {
  if (count > MAX_RANGE) work(Infinity);
  return Array.from({ length: Math.max(0, Number(count)) }, (_, i) => i);
}
function unwrap(list: Items): Value {
  const found: Value[] = [];
  for (const item of list) {
    if (!(item instanceof Optional)) return error(`value ${String(item)} is not optional`);
    if (item.present) found.push(item.value);
  }
  return found;
}

const sizeAt = (values: readonly Sized[], i: number): Range => values[i]?.size ?? UNKNOWN;
const count = (value: Value | undefined, otherwise: number): number =>
  typeof value === 'number' || typeof value === 'bigint' ? Math.max(0, Number(value)) : otherwise;
const making = (factor: number, size: Range): { cost: Range; size: Range } => ({
  cost: plus(scale(size, factor), fixed(1 + LIST_COST)),
  size,
});
const made = (factor: number, size: number): number => Math.floor(size * factor) + 1 + LIST_COST;
const OUTPUT = (_: readonly Value[], result: Value): number => made(1, sizeOf(result));

/** Each with each; texts cost more. @param of which argument has what is compared */
const selfCompared = (of: number, text: boolean): Costs => ({
  loose: true,
  ifSure: true,
  cost: (values) => {
    const list = values[of];
    if (!isList(list)) return 1;
    const [first] = list;
    const isText = typeof first === 'string' || first instanceof Uint8Array;
    return made(2 + (isText ? TRAVERSAL : 0), list.length ** 2);
  },
  estimate: (values) => making(2 + (text ? TRAVERSAL : 0), multiply(sizeAt(values, of), sizeAt(values, of))),
});
const isText = (type: Type): boolean => type === STRING || type === BYTES;
const FLATTEN: Costs = {
  loose: true,
  cost: ([list, depth]) => made(Number(depth ?? 1), sizeOf(list as Value)),
  estimate: (values) => making(values.length > 1 ? count(values[1]?.literal, MAX_COUNT) : 1, sizeAt(values, 0)),
};
const SLICE: Costs = {
  cost: OUTPUT,
  estimate: (values) => {
    const size = count(values[2]?.literal, sizeAt(values, 0).max) - count(values[1]?.literal, 0);
    return making(1, fixed(size < 0 ? MAX_COUNT : size));
  },
};
const RANGE: Costs = {
  cost: OUTPUT,
  estimate: (values) => making(1, fixed(count(values[0]?.literal, MAX_COUNT))),
};
const sets = (factor: number): Costs => ({
  cost: ([a, b]) => 1 + Math.floor(sizeOf(a as Value) * sizeOf(b as Value) * factor),
  estimate: (values) => ({ cost: plus(scale(multiply(sizeAt(values, 0), sizeAt(values, 1)), factor), ONE) }),
});
const holdsAll = (list: Items, others: Items): boolean => others.every((item) => contains(list, adapt(item)));

const [A, T, V] = [parameter('A'), parameter('T'), parameter('V')];
const [listA, listT] = [listOf(A), listOf(T)];
const [optionalV, optionalsV] = [optionalOf(V), listOf(optionalOf(V))];
const at = (list: Items, i: number): Value => (list.length ? Optional.of(adapt(list.at(i))) : Optional.none);

export const lists: Library = {
  sum: each(SUMMED, (type, name) =>
    method(`list_${name}_sum_${name}`, [listOf(type)], type, (list: Items) => sum(list, ZERO[name] as Value), SEARCH),
  ),
  min: each(COMPARED, (type, name) =>
    method(`list_${name}_min_${name}`, [listOf(type)], type, (list: Items) => extreme(list, 1), SEARCH),
  ),
  max: each(COMPARED, (type, name) =>
    method(`list_${name}_max_${name}`, [listOf(type)], type, (list: Items) => extreme(list, -1), SEARCH),
  ),
  isSorted: each(COMPARED, (type, name) =>
    method(`list_${name}_is_sorted_bool`, [listOf(type)], BOOL, isSorted, SEARCH),
  ),
  indexOf: [method('list_a_index_of_int', [listA, A], INT, indexOf, SEARCH)],
  lastIndexOf: [method('list_a_last_index_of_int', [listA, A], INT, lastIndexOf, SEARCH)],
  slice: [method('list_slice', [listT, INT, INT], listT, slice, SLICE)],
  flatten: [
    method('list_flatten', [listOf(listT)], listT, flatten, FLATTEN),
    method('list_flatten_int', [listOf(DYN), INT], listOf(DYN), flatten, FLATTEN),
  ],
  sort: each(COMPARED, (type) =>
    method(
      `list_${fullName(type)}_sort`,
      [listOf(type)],
      listOf(type),
      (list: Value) => sortBy(list, list),
      selfCompared(0, isText(type)),
    ),
  ),
  '@sortByAssociatedKeys': each(COMPARED, (type) =>
    method(
      `list_${fullName(type)}_sortByAssociatedKeys`,
      [listT, listOf(type)],
      listT,
      sortBy,
      selfCompared(1, isText(type)),
    ),
  ),
  'lists.range': [func('lists_range', [INT], listOf(INT), range, RANGE)],
  reverse: [
    method('list_reverse', [listT], listT, (list: Items) => Array.from(list, adapt).reverse(), {
      cost: OUTPUT,
      estimate: (values) => making(1, sizeAt(values, 0)),
    }),
  ],
  distinct: [method('list_distinct', [listT], listT, distinct, selfCompared(0, false))],
  first: [method('list_first', [listOf(V)], optionalV, (list: Items) => at(list, 0))],
  last: [method('list_last', [listOf(V)], optionalV, (list: Items) => at(list, -1))],
  'sets.contains': [func('list_sets_contains_list', [listT, listT], BOOL, holdsAll, sets(1))],
  'sets.equivalent': [
    func(
      'list_sets_equivalent_list',
      [listT, listT],
      BOOL,
      (a: Items, b: Items) => holdsAll(a, b) && holdsAll(b, a),
      sets(2),
    ),
  ],
  'sets.intersects': [
    func(
      'list_sets_intersects_list',
      [listT, listT],
      BOOL,
      (a: Items, b: Items) => a.some((item) => contains(b, adapt(item))),
      sets(1),
    ),
  ],
  'optional.none': [func('optional_none', [], optionalV, () => Optional.none)],
  'optional.of': [func('optional_of', [V], optionalV, (value: Value) => Optional.of(value))],
  'optional.ofNonZeroValue': [
    func('optional_ofNonZeroValue', [V], optionalV, (value: Value) =>
      isZero(value) ? Optional.none : Optional.of(value),
    ),
  ],
  'optional.unwrap': [func('optional_unwrap', [optionalsV], listOf(V), unwrap)],
  unwrapOpt: [method('optional_unwrapOpt', [optionalsV], listOf(V), unwrap)],
  value: [
    method('optional_value', [optionalV], V, (value: Optional) =>
      value.present ? value.value : error('optional.none() dereference'),
    ),
  ],
  hasValue: [method('optional_hasValue', [optionalV], BOOL, (value: Optional) => value.present)],
  or: [method('optional_or_optional', [optionalV, optionalV], optionalV, () => NO_OVERLOAD)],
  orValue: [method('optional_orValue_value', [optionalV, V], V, () => NO_OVERLOAD)],
};

/** Nothing, false, nought, or empty. */
function isZero(value: Value): boolean {
  if (value === null || value === false || value === 0 || value === '') return true;
  if (value instanceof Uint || value instanceof Double) return value.value === 0;
  if (value instanceof Duration) return value.nanos === 0n;
  if (value instanceof Optional) return !value.present;
  return (
    typeof value === 'object' &&
    (isList(value) || typeName(value) === 'map' || value instanceof Uint8Array) &&
    sizeOf(value) === 0
  );
}
