import { escapeHtml } from '../../go/html-escape.ts';
import { NumberToken } from '../../go/json-numbers.ts';
import { TextToken } from '../../go/json-texts.ts';
import { goJson } from '../../go/json-write.ts';
import { isPlain, own, put, type Plain } from './plain.ts';

/**
 * The values of a document that a JSON patch changes, as evanphx/json-patch 4 sees them: a scalar is its text, so that
 * `1.0` is not `1`, nor `"a<b"` what Go writes of the same string.
 */
export type Container = Plain | unknown[];

/** null that a patch brings is no null of the document; and one that is copied from it is a third. */
export const BROUGHT_NULL = new TextToken('', null);
const COPIED_NULL = new TextToken('null', null);

const isToken = (value: unknown): value is TextToken | NumberToken =>
  value instanceof TextToken || value instanceof NumberToken;

export const isMap = (value: unknown): value is Plain => isPlain(value) && !isToken(value);
export const isContainer = (value: unknown): value is Container => Array.isArray(value) || isMap(value);

const textOf = (scalar: unknown): string => (isToken(scalar) ? scalar.text : goJson(scalar));

/** Whether two values are alike; null only to null. The library ends with a panic at a null in a list. */
export function alike(node: unknown, wanted: unknown): boolean {
  if (node === wanted) return true;
  if (node === null || wanted === null) return false;
  // read as an object without any keys
  if (node === COPIED_NULL) return isMap(wanted) && Object.keys(wanted).length === 0;
  if (!isContainer(node)) return !isContainer(wanted) && textOf(node) === textOf(wanted);
  if (Array.isArray(node))
    return Array.isArray(wanted) && node.length === wanted.length && node.every((item, i) => alike(item, wanted[i]));
  return isMap(wanted) && alikeMaps(node, wanted);
}

function alikeMaps(node: Plain, wanted: Plain): boolean {
  let count = 0;
  for (const key in node) {
    if (node[key] === undefined) continue;
    if (!Object.hasOwn(wanted, key) || !alike(node[key], wanted[key])) return false;
    count++;
  }
  for (const key in wanted) if (wanted[key] !== undefined) count--;
  return count === 0;
}

/** All objects and lists of a value. */
export function containersOf(value: unknown, into: Set<unknown>): void {
  if (!isContainer(value)) return;
  into.add(value);
  for (const item of Object.values(value)) containersOf(item, into);
}

/** Whether there is anything in a value that only a patch knows of, or `isSo` of it. */
export function hasTokens(value: unknown, isSo = isToken): boolean {
  return isSo(value) || (isContainer(value) && Object.values(value).some((item) => hasTokens(item, isSo)));
}

export const isNumberToken = (value: unknown): value is NumberToken => value instanceof NumberToken;

/** A container with other values. */
function mapped(container: Container, change: (value: unknown) => unknown): Container {
  if (Array.isArray(container)) return container.map(change);
  const out: Plain = {};
  for (const key of Object.keys(container)) put(out, key, change(container[key]));
  return out;
}

/** The same value, which shares nothing that can be changed. */
export const copyOf = <T>(value: T): T => (isContainer(value) ? mapped(value, copyOf) : value) as T;

/** What `copy` makes of a value that may have tokens: texts are written anew, as Go writes what it has not read. */
export function copied(value: unknown, within = false): unknown {
  if (isContainer(value)) return mapped(value, (item) => copied(item, true));
  if (!(value instanceof TextToken)) return value;
  if (value.value === null) return within ? null : COPIED_NULL;
  return new TextToken(escapeHtml(value.text), value.value);
}

/** The JSON of a value as Go writes it, in which the texts of tokens stand as they are. */
export function textWithTokens(value: unknown): string {
  if (value instanceof TextToken) return value.value === null ? 'null' : escapeHtml(value.text);
  if (!isContainer(value)) return textOf(value);
  if (Array.isArray(value)) return `[${value.map(textWithTokens).join(',')}]`;
  const keys = Object.keys(value).sort();
  return `{${keys.map((key) => `${goJson(key)}:${textWithTokens(own(value, key))}`).join(',')}}`;
}

/**
 * A value without TextTokens. NumberTokens stay, for who decodes it.
 * @param isOwn containers that may be changed in place
 * @param isGiven containers that a patch has brought: copied, as they belong to it. In others nothing is
 * @param made gets those copies
 */
export function settle(
  value: unknown,
  isOwn: (container: Container) => boolean,
  isGiven: (container: Container) => boolean,
  made: Set<unknown>,
): unknown {
  if (value instanceof TextToken) return value.value;
  if (!isContainer(value)) return value;
  const settled = (item: unknown): unknown => settle(item, isOwn, isGiven, made);
  if (isOwn(value)) {
    if (Array.isArray(value)) for (const [i, item] of value.entries()) value[i] = settled(item);
    else for (const key of Object.keys(value)) put(value, key, settled(value[key]));
    return value;
  }
  if (!isGiven(value)) return value;
  const copy = mapped(value, settled);
  made.add(copy);
  return copy;
}
