import { printFloat } from './print-float.ts';
import { quote } from './quote.ts';

/** A value of Go that is none of JSON: as `%v`, `%#v` and `%T` print it. */
export class GoValue {
  constructor(
    readonly text: string,
    readonly literal: string,
    readonly type: string,
  ) {}
}

type Fields = Readonly<Record<string, unknown>>;
const isMap = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value);
const isNil = (value: unknown): boolean => value === null || value === undefined;

/** A decoded JSON value as `%v` prints it: `map[a:1 b:[x <nil>]]`. Integers are int64, other numbers float64. */
export function printValue(value: unknown): string {
  if (isNil(value)) return '<nil>';
  if (value instanceof GoValue) return value.text;
  if (Array.isArray(value)) return `[${value.map(printValue).join(' ')}]`;
  if (isMap(value)) {
    const keys = Object.keys(value).sort();
    return `map[${keys.map((key) => `${key}:${printValue(value[key])}`).join(' ')}]`;
  }
  return typeof value === 'number' && !Number.isInteger(value) ? printFloat(value) : String(value as string);
}

/** The same as `%#v` prints it: `map[string]interface {}{"a":1}`. */
export function printLiteral(value: unknown): string {
  if (isNil(value)) return 'interface {}(nil)';
  if (value instanceof GoValue) return value.literal;
  if (typeof value === 'string') return quote(value);
  if (Array.isArray(value)) return `[]interface {}{${value.map(printLiteral).join(', ')}}`;
  if (!isMap(value)) return printValue(value);
  const keys = Object.keys(value).sort();
  return `map[string]interface {}{${keys.map((key) => `${quote(key)}:${printLiteral(value[key])}`).join(', ')}}`;
}

/** The name of its type: `map[string]interface {}`, `int64`; undefined for nil, which has none. */
export function typeName(value: unknown): string | undefined {
  if (isNil(value)) return undefined;
  if (value instanceof GoValue) return value.type;
  if (Array.isArray(value)) return '[]interface {}';
  switch (typeof value) {
    case 'object':
      return 'map[string]interface {}';
    case 'boolean':
      return 'bool';
    case 'bigint':
      return 'int64';
    case 'number':
      // integers beyond are bigints, where an int64 holds them
      return Number.isSafeInteger(value) ? 'int64' : 'float64';
    default:
      return typeof value;
  }
}

/** Its type as `%T` prints it. */
export const printType = (value: unknown): string => typeName(value) ?? '<nil>';
