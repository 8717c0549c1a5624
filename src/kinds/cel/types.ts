/** The type of a CEL expression as far as it is known before it runs. */
export type CelType = string | CelObject | CelList | CelMap;
export interface CelObject {
  type: 'object';
  name: string;
  fields: ReadonlyMap<string, CelType>;
}
export interface CelList {
  type: 'list';
  item: CelType;
}
export interface CelMap {
  type: 'map';
  key: CelType;
  value: CelType;
}

/** Whatever has been reported: nothing more is said of it. */
export const ERROR = 'error';
/** Of a function whose result is not told here: taken for whatever is wanted. */
export const UNKNOWN = 'unknown';
export const listOf = (item: CelType): CelList => ({ type: 'list', item });
export const mapOf = (key: CelType, value: CelType): CelMap => ({ type: 'map', key, value });
export const objectOf = (name: string, fields: Record<string, CelType>): CelObject => ({
  type: 'object',
  name,
  fields: new Map(Object.entries(fields)),
});

export const isDynamic = (type: CelType): boolean =>
  type === 'dyn' || type === 'any' || type === ERROR || type === UNKNOWN;

/** As messages print it: `list(int)`, `map(string, dyn)`. */
export function showType(type: CelType): string {
  if (typeof type === 'string') return type;
  if (type.type === 'object') return type.name;
  return type.type === 'list' ? `list(${showType(type.item)})` : `map(${showType(type.key)}, ${showType(type.value)})`;
}

const NAMES: Readonly<Record<string, string>> = {
  null: 'null_type',
  timestamp: 'google.protobuf.Timestamp',
  duration: 'google.protobuf.Duration',
};
/** The type's own name, which some messages print in place of the shorter one. */
export const typeName = (type: CelType): string => NAMES[showType(type)] ?? showType(type);

/** The more general of two types that may stand for each other; undefined where they may not. */
export function unify(a: CelType, b: CelType): CelType | undefined {
  if (a === UNKNOWN || b === UNKNOWN) return UNKNOWN;
  if (isDynamic(a)) return a === ERROR ? b : a;
  if (isDynamic(b)) return b === ERROR ? a : b;
  if (typeof a === 'string' || typeof b === 'string') {
    if (a === b) return a;
    // null stands for times and messages, but for no plain value
    const nullable = (t: CelType): boolean =>
      typeof t !== 'string' ? t.type === 'object' : t === 'timestamp' || t === 'duration';
    if (a === 'null') return nullable(b) ? b : undefined;
    if (b === 'null') return nullable(a) ? a : undefined;
    return undefined;
  }
  if (a.type === 'object' || b.type === 'object')
    return a.type === 'object' && b.type === 'object' && a.name === b.name ? a : undefined;
  if (a.type === 'list' && b.type === 'list') {
    const item = unify(a.item, b.item);
    return item && listOf(item);
  }
  if (a.type === 'map' && b.type === 'map') {
    const [key, value] = [unify(a.key, b.key), unify(a.value, b.value)];
    return key && value && mapOf(key, value);
  }
  return undefined;
}
