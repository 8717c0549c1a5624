import { typeName } from './library/conversions.ts';
import { charge, type Compiled, type Frame, type Run } from './frame.ts';
import {
  adapt,
  CelError,
  CelMap,
  Double,
  error,
  isInt,
  isList,
  isPlain,
  keyOf,
  Lazy,
  mapGet,
  Optional,
  Uint,
  type Value,
} from './values.ts';

/** A key as messages print it. */
export function showKey(key: Value): string {
  if (key instanceof Uint || key instanceof Double) return String(key.value);
  return typeof key === 'object' ? '' : String(key);
}
const noKey = (key: Value): CelError => error(`no such key: ${showKey(key)}`);

/** The place in a list that a number means; an error for what is no place. */
function place(key: Value): number | CelError {
  if (isInt(key)) return Number(key);
  if (key instanceof Uint) return Number(key.value);
  if (key instanceof Double && Number.isInteger(key.value)) return key.value;
  return key instanceof Double
    ? error(`unsupported index value ${showKey(key)} in list`)
    : error(`unsupported index type '${typeName(key)}' in list`);
}

/** What a value has at a key; undefined where it has nothing there. */
function find(value: Value, key: Value): Value | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  if (isPlain(value)) {
    if (typeof key === 'string') return Object.hasOwn(value, key) ? adapt(value[key]) : undefined;
    return undefined;
  }
  if (isList(value)) {
    const at = place(key);
    if (typeof at !== 'number') return at;
    return at >= 0 && at < value.length ? adapt(value[at]) : undefined;
  }
  if (value instanceof CelMap) return (keyOf(key) === undefined ? undefined : mapGet(value, key)) ?? value.otherwise;
  if (value instanceof Lazy) return typeof key === 'string' ? value.field(key) : undefined;
  return undefined;
}
/** Whether it has something there; a field that is worked out is not, only to see that it is there. */
function present(value: Value, key: Value): boolean {
  if (value instanceof Lazy) return typeof key === 'string' && value.has(key);
  return find(value, key) !== undefined;
}
function missing(value: Value, key: Value, name: Value): CelError {
  if (isList(value)) return error(`index out of bounds: ${showKey(key)}`);
  return noKey(name);
}

function get(frame: Frame, value: Value, key: Value, name: Value): Value {
  charge(frame, 1);
  const found = find(value, key);
  return found === undefined ? missing(value, key, name) : found;
}
/** With `?`, or of an optional: what is there as an optional. */
function getOptional(frame: Frame, value: Value, key: Value): Value {
  const found = find(value, key);
  if (found === undefined) return Optional.none;
  if (found instanceof CelError) return found;
  charge(frame, 1);
  return Optional.of(found);
}

/**
 * `base.key`, `base[key]`, `base.?key` and `has(base.key)`: the value at a key.
 * @param test only whether there is one
 * @param name by which the expression calls the key, where that is another
 */
export function index(base: Run, key: Compiled, optional: boolean, test: boolean, name?: string): Run {
  // a name as key costs only its fields
  const keyRun = key.resolve ?? key.run;
  return (frame) => {
    let value = base(frame);
    if (value instanceof CelError) return value;
    let maybe = optional;
    if (value instanceof Optional) {
      if (!value.present) return test ? false : value;
      ({ value } = value);
      maybe = true;
    }
    const at = key.value === undefined ? keyRun(frame) : key.value;
    if (at instanceof CelError) {
      if (!maybe) charge(frame, 1);
      return at;
    }
    if (test) {
      charge(frame, 1);
      return present(value, at);
    }
    return maybe ? getOptional(frame, value, at) : get(frame, value, at, name ?? at);
  };
}
