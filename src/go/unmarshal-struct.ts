import { endOfNumber, endOfString } from './json-numbers.ts';
import { bytesSyntaxError } from './json-syntax.ts';

/** The types that a field may have, in Go's words, and what of this language they become. */
interface Types {
  string: string;
  int64: bigint;
}
type Fields = Readonly<Record<string, keyof Types>>;
export type FieldsOf<F extends Fields> = { [name in keyof F]?: Types[F[name]] };

const INTEGER = /^-?\d+$/;
const SPACE = /[ \t\r\n]*/y;

function afterSpace(text: string, at: number): number {
  SPACE.lastIndex = at;
  SPACE.test(text);
  return SPACE.lastIndex;
}

/** The index after the value that begins at `at` of good JSON. */
function endOfValue(text: string, at: number): number {
  let depth = 0;
  for (let i = at; i < text.length; i++) {
    const c = text[i];
    if (c === '"') i = endOfString(text, i);
    else if (c === '{' || c === '[') depth++;
    else if (c === '}' || c === ']') depth--;
    else if (c === 't' || c === 'n') i += 3;
    else if (c === 'f') i += 4;
    else if (c === '-' || (c && c >= '0' && c <= '9')) i = endOfNumber(text, i) - 1;
    else continue; // space, comma, colon: within what is open
    if (depth === 0) return i + 1;
  }
  return text.length;
}

/** The fields of an object of good JSON as they stand, one after the other. */
function* fieldsOf(text: string, at: number): Generator<[name: string, value: string]> {
  for (at = afterSpace(text, at + 1); text[at] === '"'; at = afterSpace(text, at)) {
    const keyEnd = endOfString(text, at) + 1;
    const name = JSON.parse(text.slice(at, keyEnd)) as string;
    at = afterSpace(text, afterSpace(text, keyEnd) + 1);
    const end = endOfValue(text, at);
    yield [name, text.slice(at, end)];
    at = afterSpace(text, end);
    if (text[at] === ',') at++;
  }
}

const KINDS: Readonly<Record<string, string>> = { '"': 'string', '{': 'object', '[': 'array', t: 'bool', f: 'bool' };
const kindOf = (value: string): string => KINDS[value.charAt(0)] ?? 'number';

/** Letters whatever their case, as Go compares the names of fields: two letters of ASCII have a third form. */
const folded = (name: string): string =>
  name
    .replaceAll('\u017F', 's')
    .replaceAll('\u212A', 'k')
    .replace(/[A-Z]/g, (letter) => letter.toLowerCase());

/**
 * A struct of plain fields, as encoding/json reads it: names count whatever their case, the last of several of a name
 * counts, null is what is not given, and of values of another type the first is told, once all has been read.
 * @param type the struct with its package: `storage.continueToken`
 * @param fields types by name, in lower case @throws Error in the words of encoding/json
 */
export function unmarshalStruct<F extends Fields>(bytes: Buffer, type: string, fields: F): FieldsOf<F> {
  const syntax = bytesSyntaxError(bytes);
  if (syntax !== undefined) throw new Error(syntax);
  const text = bytes.toString('utf8');
  const start = afterSpace(text, text.startsWith('\uFEFF') ? 1 : 0);
  if (text[start] === 'n') return {};
  if (text[start] !== '{')
    throw new Error(`json: cannot unmarshal ${kindOf(text.slice(start))} into Go value of type ${type}`);
  const found: Record<string, string | bigint> = {};
  let wrong: string | undefined;
  for (const [given, value] of fieldsOf(text, start)) {
    const name = folded(given);
    const wanted = Object.hasOwn(fields, name) ? fields[name] : undefined;
    if (!wanted || value === 'null') continue;
    const kind = kindOf(value);
    if (wanted === 'string' && kind === 'string') found[name] = wellFormed(JSON.parse(value) as string);
    else if (wanted === 'int64' && kind === 'number' && isInt64(value)) found[name] = BigInt(value);
    else {
      const what = wanted === 'int64' && kind === 'number' ? `number ${value}` : kind;
      const struct = type.slice(type.lastIndexOf('.') + 1);
      wrong ??= `json: cannot unmarshal ${what} into Go struct field ${struct}.${name} of type ${wanted}`;
    }
  }
  if (wrong !== undefined) throw new Error(wrong);
  return found as FieldsOf<F>;
}

/** Halves of pairs become the replacement character, as a text in UTF-8 has none. */
const wellFormed = (text: string): string => Buffer.from(text, 'utf8').toString('utf8');

// none of 64 bits is longer
const isInt64 = (text: string): boolean =>
  INTEGER.test(text) && text.length <= 20 && BigInt.asIntN(64, BigInt(text)) === BigInt(text);
