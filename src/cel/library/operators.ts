import { func, type Library, type Overload, type Sized, type Estimate, type Costs } from '../overload.ts';
import { NOTHING, ONE, scale } from '../range.ts';
import { TRAVERSAL } from '../cost.ts';
import {
  BOOL,
  BYTES,
  DOUBLE,
  DURATION,
  DYN,
  INT,
  listOf,
  mapOf,
  optionalOf,
  parameter,
  STRING,
  TIMESTAMP,
  UINT,
  isOptional,
  type Type,
} from '../types.ts';
import { error, type Value } from '../values.ts';

/** Operators have their types and costs here; what they do, the compiler knows by their names. */
const known = (): Value => error('an operator runs by its name');
const op = (id: string, parameters: readonly Type[], result: Type, costs?: Costs): Overload =>
  func(id, parameters, result, known, costs);

const [A, B, K, V] = [parameter('A'), parameter('B'), parameter('K'), parameter('V')];
const [listA, mapAB] = [listOf(A), mapOf(A, B)];

/** Of two texts that are compared: as long as the shorter may be. */
const shorter = ([a, b]: readonly Sized[]): Estimate => {
  const max = Math.min(a?.size.max ?? 0, b?.size.max ?? 0);
  return { cost: scale({ min: max > 0 ? 1 : 0, max }, TRAVERSAL) };
};
const inList = ([, list]: readonly Sized[]): Estimate => ({ cost: list?.size ?? NOTHING });

/** Values of libraries are compared by what they are, not by their text. */
const SINGLE = new Set(['net.IP', 'net.CIDR', 'kubernetes.Quantity', 'kubernetes.Semver']);
/** characters of the longest name of a format */
const FORMAT_SIZE = 64;
function equality(values: readonly Sized[]): Estimate {
  const [a, b] = values;
  if (a && b && a.type.text === b.type.text && !isOptional(a.type)) {
    const { name } = a.type;
    if (SINGLE.has(name) || name.startsWith('kubernetes.authorization.')) return { cost: ONE };
    if (name === 'kubernetes.NamedFormat') return { cost: scale({ min: 1, max: FORMAT_SIZE }, TRAVERSAL) };
    if (name === 'kubernetes.URL') return { cost: scale({ min: 1, max: b.known?.max ?? 1 }, TRAVERSAL) };
  }
  return shorter(values);
}

const numbers: readonly [string, Type][] = [
  ['int64', INT],
  ['uint64', UINT],
  ['double', DOUBLE],
];
/** An order of two numbers of any types, and of other things of one. */
function ordering(name: string): Overload[] {
  const mixed = numbers.flatMap(([a, left]) => {
    const others = numbers.filter(([b]) => b !== a);
    const pairs: [string, Type][] = [['', left], ...others.map(([b, type]): [string, Type] => [`_${b}`, type])];
    return pairs.map(([suffix, right]) => op(`${name}_${a}${suffix}`, [left, right], BOOL));
  });
  const alike = (id: string, type: Type, costs?: Costs): Overload => op(`${name}_${id}`, [type, type], BOOL, costs);
  const text = { estimate: shorter };
  return [
    alike('bool', BOOL),
    ...mixed,
    alike('string', STRING, text),
    alike('bytes', BYTES, text),
    alike('timestamp', TIMESTAMP),
    alike('duration', DURATION),
  ];
}
const two = (id: string, a: Type, b = a, result = a): Overload => op(id, [a, b], result);

export const operators: Library = {
  '_?_:_': [op('conditional', [BOOL, A, A], A)],
  '_&&_': [op('logical_and', [BOOL, BOOL], BOOL)],
  '_||_': [op('logical_or', [BOOL, BOOL], BOOL)],
  '!_': [op('logical_not', [BOOL], BOOL)],
  '@not_strictly_false': [op('not_strictly_false', [BOOL], BOOL)],
  '_==_': [op('equals', [A, A], BOOL, { estimate: equality })],
  '_!=_': [op('not_equals', [A, A], BOOL, { estimate: shorter })],
  '_+_': [
    two('add_bytes', BYTES),
    two('add_double', DOUBLE),
    two('add_duration_duration', DURATION),
    two('add_duration_timestamp', DURATION, TIMESTAMP, TIMESTAMP),
    two('add_timestamp_duration', TIMESTAMP, DURATION),
    two('add_int64', INT),
    two('add_list', listA),
    two('add_string', STRING),
    two('add_uint64', UINT),
  ],
  '_-_': [
    two('subtract_double', DOUBLE),
    two('subtract_duration_duration', DURATION),
    two('subtract_int64', INT),
    two('subtract_timestamp_duration', TIMESTAMP, DURATION),
    two('subtract_timestamp_timestamp', TIMESTAMP, TIMESTAMP, DURATION),
    two('subtract_uint64', UINT),
  ],
  '_*_': [two('multiply_double', DOUBLE), two('multiply_int64', INT), two('multiply_uint64', UINT)],
  '_/_': [two('divide_double', DOUBLE), two('divide_int64', INT), two('divide_uint64', UINT)],
  '_%_': [two('modulo_int64', INT), two('modulo_uint64', UINT)],
  '-_': [op('negate_double', [DOUBLE], DOUBLE), op('negate_int64', [INT], INT)],
  '_<_': ordering('less'),
  '_<=_': ordering('less_equals'),
  '_>_': ordering('greater'),
  '_>=_': ordering('greater_equals'),
  '@in': [op('in_list', [A, listA], BOOL, { estimate: inList }), op('in_map', [A, mapAB], BOOL)],
  '_[_]': [
    op('index_list', [listA, INT], A),
    op('index_map', [mapAB, A], B),
    op('optional_list_index_int', [optionalOf(listOf(V)), INT], optionalOf(V)),
    op('optional_map_index_value', [optionalOf(mapOf(K, V)), K], optionalOf(V)),
  ],
  '_?._': [op('select_optional_field', [DYN, STRING], optionalOf(V))],
  '_[?_]': [
    op('list_optindex_optional_int', [listOf(V), INT], optionalOf(V)),
    op('optional_list_optindex_optional_int', [optionalOf(listOf(V)), INT], optionalOf(V)),
    op('map_optindex_optional_value', [mapOf(K, V), K], optionalOf(V)),
    op('optional_map_optindex_optional_value', [optionalOf(mapOf(K, V)), K], optionalOf(V)),
  ],
  'cel.@mapInsert': [
    op('@mapInsert_map_key_value', [mapOf(K, V), K, V], mapOf(K, V)),
    op('@mapInsert_map_map', [mapOf(K, V), mapOf(K, V)], mapOf(K, V)),
  ],
};
