import { stringifyExact } from '../../go/json-numbers.ts';
import type { KubeObject } from '../../meta/object.ts';
import { badRequest } from '../../meta/status.ts';

export interface Where {
  path?: string | null;
  op?: Op | null;
  value?: unknown;
  and?: Where[] | null;
  or?: Where[] | null;
  not?: Where | null;
}
export interface OrderBy {
  path: string;
  direction?: 'ASC' | 'DESC' | null;
}
type Op =
  | 'EQ'
  | 'NE'
  | 'IN'
  | 'NOT_IN'
  | 'EXISTS'
  | 'MISSING'
  | 'GT'
  | 'GE'
  | 'LT'
  | 'LE'
  | 'CONTAINS'
  | 'STARTS_WITH'
  | 'ENDS_WITH';
type Test = (object: KubeObject) => boolean;

/** Conditions of one filter, parts of one path, and paths of one order: each is tried on every object of a list. */
const MAX_CONDITIONS = 100;
const MAX_SEGMENTS = 100;
const MAX_ORDERS = 10;

/** Compiles a filter once for a whole list. Throws 400. */
export function compileWhere(where: Where): Test {
  let conditions = 0;
  const compile = (part: Where): Test => {
    if (++conditions > MAX_CONDITIONS) throw badRequest(`where: more than ${MAX_CONDITIONS} conditions`);
    const tests: Test[] = [];
    if (part.path) tests.push(condition(part.path, part.op ?? 'EQ', part.value));
    if (part.and) tests.push(all(part.and.map(compile)));
    if (part.or) {
      const any = part.or.map(compile);
      tests.push((object) => any.some((test) => test(object)));
    }
    if (part.not) {
      const test = compile(part.not);
      tests.push((object) => !test(object));
    }
    return all(tests);
  };
  return compile(where);
}

const all = (tests: Test[]): Test => (tests.length === 1 ? tests[0]! : (object) => tests.every((test) => test(object)));

function condition(path: string, op: Op, value: unknown): Test {
  const segments = parsePath(path);
  const some =
    (test: (found: unknown) => boolean): Test =>
    (object) =>
      valuesAt(object, segments).some(test);
  const none =
    (test: (found: unknown) => boolean): Test =>
    (object) =>
      !valuesAt(object, segments).some(test);
  const list = (): unknown[] => {
    if (!Array.isArray(value)) throw badRequest(`where: ${op} needs a list of values`);
    return value;
  };
  const wanted = typeof value === 'object' ? stringifyExact(value) : String(value);
  const text = (test: (found: string, wanted: string) => boolean): Test =>
    some((found) => typeof found === 'string' && test(found, wanted));
  switch (op) {
    case 'EQ':
      return some(isOneOf([value]));
    case 'NE':
      return none(isOneOf([value]));
    case 'IN':
      return some(isOneOf(list()));
    case 'NOT_IN':
      return none(isOneOf(list()));
    case 'EXISTS':
      return some(() => true);
    case 'MISSING':
      return none(() => true);
    case 'GT':
      return some((found) => compare(found, value) > 0);
    case 'GE':
      return some((found) => compare(found, value) >= 0);
    case 'LT':
      return some((found) => compare(found, value) < 0);
    case 'LE':
      return some((found) => compare(found, value) <= 0);
    case 'CONTAINS':
      return text((found, wanted) => found.includes(wanted));
    case 'STARTS_WITH':
      return text((found, wanted) => found.startsWith(wanted));
    case 'ENDS_WITH':
      return text((found, wanted) => found.endsWith(wanted));
  }
}

/** Objects in the order of several paths; what has no value there comes last. Throws 400. */
export function compileOrder(orderBy: readonly OrderBy[]): Order {
  if (orderBy.length > MAX_ORDERS) throw badRequest(`orderBy: more than ${MAX_ORDERS} paths`);
  const keys = orderBy.map(({ path, direction }) => ({
    segments: parsePath(path),
    sign: direction === 'DESC' ? -1 : 1,
  }));
  return {
    keyOf: (object) => keys.map(({ segments }) => valuesAt(object, segments)[0]),
    compare(a, b) {
      for (const [i, { sign }] of keys.entries()) {
        const left = a[i];
        const right = b[i];
        if (left === undefined || right === undefined) {
          if (left !== right) return left === undefined ? 1 : -1;
          continue;
        }
        const order = compare(left, right);
        if (order) return order * sign;
      }
      return 0;
    },
  };
}

/** What an object is ordered by, found once, and the order of two of those. */
export interface Order {
  keyOf(object: KubeObject): readonly unknown[];
  compare(a: readonly unknown[], b: readonly unknown[]): number;
}

const PART = /(?:^|\.)([^.[\]"]+)|\[(\d+)\]|\["((?:[^"\\]|\\.)*)"\]/gy;

/** Names and list indexes of a path. Throws 400. */
function parsePath(path: string): string[] {
  const segments: string[] = [];
  let end = 0;
  PART.lastIndex = 0;
  for (let part = PART.exec(path); part; part = PART.exec(path)) {
    segments.push(part[1] ?? part[2] ?? part[3]!.replace(/\\(.)/g, '$1'));
    if (segments.length > MAX_SEGMENTS) throw badRequest(`a path of more than ${MAX_SEGMENTS} parts`);
    end = PART.lastIndex;
  }
  if (!segments.length || end !== path.length) throw badRequest(`invalid path ${JSON.stringify(path.slice(0, 200))}`);
  return segments;
}

/** All values at a path; a list on the way stands for each of its items, unless an index follows. */
function valuesAt(object: unknown, segments: readonly string[]): unknown[] {
  let values: unknown[] = [object];
  for (const segment of segments) {
    const next: unknown[] = [];
    for (const value of values) step(value, segment, next);
    values = next;
  }
  return values.flatMap((value) => (Array.isArray(value) ? (value as unknown[]) : [value]));
}

function step(value: unknown, segment: string, into: unknown[]): void {
  if (Array.isArray(value)) {
    if (/^\d+$/.test(segment)) {
      if (value[Number(segment)] !== undefined) into.push(value[Number(segment)]);
    } else for (const item of value) step(item, segment, into);
  } else if (typeof value === 'object' && value !== null && Object.hasOwn(value, segment)) {
    into.push((value as Record<string, unknown>)[segment]);
  }
}

/** Whether a value is one of these. They may be many and large, and are asked about for every object: their text is made once. */
function isOneOf(values: readonly unknown[]): (found: unknown) => boolean {
  const plain = new Set(values);
  const texts = new Set(values.filter((value) => typeof value === 'object').map((value) => stringifyExact(value)));
  return (found) =>
    plain.has(found) || (texts.size > 0 && typeof found === 'object' && texts.has(stringifyExact(found)));
}

/** Numbers by value, all else as text (RFC 3339 times are in order as text); NaN where they cannot be compared. */
function compare(a: unknown, b: unknown): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  if (typeof a === 'object' || typeof b === 'object') return NaN;
  const left = String(a);
  const right = String(b);
  return left < right ? -1 : left > right ? 1 : 0;
}
