import { isPrint } from './unicode.ts';

const PLAIN = /^[ !#-[\]-~]*$/;
/** Characters that Go writes with a letter behind a backslash. */
export const SHORT_ESCAPES: Readonly<Record<string, string>> = {
  '\x07': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '"': '\\"',
  '\\': '\\\\',
};

const hex = (code: number, digits: number): string => code.toString(16).padStart(digits, '0');

function escaped(char: string): string {
  const short = SHORT_ESCAPES[char];
  if (short) return short;
  if (isPrint(char)) return char;
  const code = char.codePointAt(0)!;
  if (code < 0x80) return `\\x${hex(code, 2)}`;
  return code > 0xffff ? `\\U${hex(code, 8)}` : `\\u${hex(code, 4)}`;
}

/** A text as `%q` prints it: `"a\tb"`. Source: strconv Quote. */
export const quote = (text: string): string =>
  PLAIN.test(text) ? `"${text}"` : `"${[...text].map(escaped).join('')}"`;

/** A list of texts as `%q` prints it: `["a" "b"]`. */
export const quoteList = (list: readonly string[]): string => `[${list.map(quote).join(' ')}]`;
