import { stringifyExact } from '../go/json-numbers.ts';
import { Environment, type ParseResult } from '@marcbachmann/cel-js';
import { LRUCache } from 'lru-cache';
import { registerAuthorizer } from './cel/authorizer.ts';
import { compareQuantity, parseQuantity } from '../meta/quantity.ts';
import { isCidr, isIp } from '../meta/ip.ts';

/** Compiled expressions that are kept: as many as large clusters have rules. */
const MAX_COMPILED = 2000;

const sum = (list: unknown[]): unknown =>
  list.reduce<unknown>(
    (a, b) => (typeof b === 'bigint' ? (a as bigint) + b : Number(a) + Number(b)),
    typeof list[0] === 'number' ? 0 : 0n,
  );
const less = (a: unknown, b: unknown): boolean => (a as number) < (b as number);

function format(template: string, values: unknown[]): string {
  let next = 0;
  return template.replace(/%(?:\.(\d+))?([%sdfexXob])/g, (_, precision: string | undefined, verb: string) => {
    if (verb === '%') return '%';
    const value = values[next++];
    if (verb === 'f') return Number(value).toFixed(precision === undefined ? 6 : Number(precision));
    if (verb === 'e') return Number(value).toExponential(precision === undefined ? 6 : Number(precision));
    const radix = { x: 16, X: 16, o: 8, b: 2 }[verb];
    const text = radix
      ? BigInt(value as bigint).toString(radix)
      : typeof value === 'object'
        ? stringifyExact(value)
        : String(value);
    return verb === 'X' ? text.toUpperCase() : text;
  });
}

const isQuantity = (text: string): boolean => {
  try {
    parseQuantity(text);
    return true;
  } catch {
    return false;
  }
};

/** What Kubernetes adds to CEL's own functions and the package does not have. */
const FUNCTIONS: Readonly<Record<string, (...args: never[]) => unknown>> = {
  'string.replace(string, string): string': (s: string, from: string, to: string) => s.replaceAll(from, to),
  'string.replace(string, string, int): string': (s: string, from: string, to: string, count: bigint) => {
    for (let i = 0n, at = 0; i < count || count < 0n; i++) {
      const found = s.indexOf(from, at);
      if (found < 0) break;
      s = s.slice(0, found) + to + s.slice(found + from.length);
      at = found + to.length;
    }
    return s;
  },
  'string.charAt(int): string': (s: string, i: bigint) => s.charAt(Number(i)),
  'string.format(list): string': format as never,
  'string.find(string): string': (s: string, pattern: string) => new RegExp(pattern).exec(s)?.[0] ?? '',
  'string.findAll(string): list': (s: string, pattern: string) => s.match(new RegExp(pattern, 'g')) ?? [],
  'list.sum(): dyn': sum as never,
  'list.min(): dyn': (list: unknown[]) => list.reduce((a, b) => (less(b, a) ? b : a)),
  'list.max(): dyn': (list: unknown[]) => list.reduce((a, b) => (less(a, b) ? b : a)),
  'list.isSorted(): bool': (list: unknown[]) => list.every((v, i) => i === 0 || !less(v, list[i - 1])),
  'list.indexOf(dyn): int': (list: unknown[], value: unknown) => BigInt(list.indexOf(value)),
  'list.lastIndexOf(dyn): int': (list: unknown[], value: unknown) => BigInt(list.lastIndexOf(value)),
  'isURL(string): bool': (text: string) => URL.canParse(text),
  'isIP(string): bool': (text: string) => isIp(text).length === 0,
  'isCIDR(string): bool': (text: string) => isCidr(text).length === 0,
  'isQuantity(string): bool': isQuantity as never,
  'quantity(string): map': (text: string) => ({ quantity: text }),
  'map.isGreaterThan(map): bool': (a: QuantityValue, b: QuantityValue) => compare(a, b) > 0,
  'map.isLessThan(map): bool': (a: QuantityValue, b: QuantityValue) => compare(a, b) < 0,
  'map.compareTo(map): int': (a: QuantityValue, b: QuantityValue) => BigInt(compare(a, b)),
};
interface QuantityValue {
  quantity: string;
}
const compare = (a: QuantityValue, b: QuantityValue): number =>
  compareQuantity(parseQuantity(a.quantity), parseQuantity(b.quantity));

function makeEnvironment(): Environment {
  const environment = new Environment({
    unlistedVariablesAreDyn: true,
    homogeneousAggregateLiterals: false,
    enableOptionalTypes: true,
  });
  for (const [signature, handler] of Object.entries(FUNCTIONS))
    environment.registerFunction(signature, handler as () => unknown);
  registerAuthorizer(environment);
  return environment;
}

let environment: Environment | undefined;
const compiled = new LRUCache<string, ParseResult>({ max: MAX_COMPILED });

/** A CEL expression, parsed once. Throws the package's ParseError. Call it with its variables (see `celValue`). */
export function compileCel(expression: string): ParseResult {
  let program = compiled.get(expression);
  if (!program) {
    environment ??= makeEnvironment();
    program = environment.parse(expression);
    compiled.set(expression, program);
  }
  return program;
}

/** CEL names that are its own words, and characters that no name has, are escaped (KEP-2876): `x-y` is `x__dash__y`. */
const RESERVED = new Set([
  'true',
  'false',
  'null',
  'in',
  'as',
  'break',
  'const',
  'continue',
  'else',
  'for',
  'function',
  'if',
  'import',
  'let',
  'loop',
  'package',
  'namespace',
  'return',
  'var',
  'void',
  'while',
]);
export function celName(name: string): string {
  if (RESERVED.has(name)) return `__${name}__`;
  if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(name) && !name.includes('__')) return name;
  return name
    .replaceAll('__', '__underscores__')
    .replaceAll('.', '__dot__')
    .replaceAll('-', '__dash__')
    .replaceAll('/', '__slash__');
}

/** JSON as CEL sees it: whole numbers are ints. */
export function celValue(value: unknown): unknown {
  if (typeof value === 'number') return Number.isInteger(value) ? BigInt(value) : value;
  if (Array.isArray(value)) return value.map(celValue);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, celValue(item)]));
}

/** What the package says, and what cel-go says of the same. */
const WORDS: readonly [RegExp, (...found: string[]) => string][] = [
  [/^No such key: index out of bounds, index (-?\d+).*/, (_, index = '') => `index out of bounds: ${index}`],
  [/^No such key/, () => 'no such key'],
  [/^no such overload.*/, () => 'no such overload'],
  [/^found no matching overload for '(?:.*\.)?(\w+)\(.*'$/, (_, name = '') => `no such overload: ${name}`],
  [/^Ternary condition must be bool.*/, () => 'no such overload'],
  [/^(int|uint|double|bool)\(\) type error.*/, (_, type = '') => `type conversion error from 'string' to '${type}'`],
  [/^Invalid duration string.*/, () => "type conversion error from 'string' to 'google.protobuf.Duration'"],
  [
    /^(?:timestamp\(\)|Invalid timestamp).*/,
    () => "type conversion error from 'string' to 'google.protobuf.Timestamp'",
  ],
];

/** An evaluation error's first line in CEL's own words. */
export function celMessage(error: unknown): string {
  const line = ((error instanceof Error ? error.message : String(error)).split('\n')[0] as string).trim();
  for (const [pattern, words] of WORDS) if (pattern.test(line)) return line.replace(pattern, words);
  return line;
}
