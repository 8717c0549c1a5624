import { MAX_DEPTH } from '../../go/json-syntax.ts';
import { scanJson } from '../../go/json-scan.ts';
import { TextToken } from '../../go/json-texts.ts';
import { unmarshalError } from '../../go/json-unmarshal.ts';
import { goJson } from '../../go/json-write.ts';
import { parseInt64 } from '../../go/parse-int.ts';
import { MAX_VALUES } from '../../kinds/body-bounds.ts';
import { badRequest, requestEntityTooLarge } from '../../meta/status.ts';
import { atOnce, type Steps } from '../../meta/steps.ts';
import { Effort } from './effort.ts';
import { Rejected, rejected } from './errors.ts';
import {
  alike,
  BROUGHT_NULL,
  containersOf,
  copied,
  hasTokens,
  isContainer,
  isMap,
  isNumberToken,
  settle,
  textWithTokens,
  type Container,
} from './json-nodes.ts';
import { own, put, type Plain } from './plain.ts';

const MAX_OPERATIONS = 10_000;
/** `copy` may add as many bytes in all: a few operations could otherwise double an object again and again */
const MAX_COPIED = 3 * 1024 * 1024;

/** A pause comes after so many operations, however little they do. */
const PAUSE_OPERATIONS = 500;

interface Operation {
  op?: unknown;
  path?: unknown;
  from?: unknown;
  value?: unknown;
}

/** What a patch has made of a document. */
export interface Patched<T> {
  value: T;
  /** numbers may be NumberTokens, for who decodes it: `1.0` is no integer */
  exact: boolean;
  /** the objects and lists in it that the patch has brought */
  given(): ReadonlySet<unknown>;
}

/**
 * JSON patch (RFC 6902), in steps. The new document shares what did not change.
 * Throws 400 for what is no patch, 413 for too many operations, 422 where an operation does not apply: a path that is
 * not there, a test that fails, an operation that is unknown.
 * As kube-apiserver has it (evanphx/json-patch 4): a negative index counts from the end, `replace` adds a key that is not
 * there, `copy` of such a key and an operation without a value give null, what is before the first `/` is not read, and
 * `test` compares the texts of scalars.
 * @param patch its scalars may be tokens (parseWithTexts)
 */
export function* jsonPatchSteps<T>(document: T, patch: unknown): Steps<Patched<T>> {
  // no operations
  if (patch === null) return { value: document, exact: false, given: () => new Set() };
  if (!Array.isArray(patch)) throw badRequest(unmarshalError(patch, 'jsonpatch.Patch'));
  const wrong = patch.find((operation) => operation !== null && !isMap(operation));
  if (wrong !== undefined) throw badRequest(unmarshalError(wrong, 'jsonpatch.Operation'));
  if (patch.length > MAX_OPERATIONS) {
    throw requestEntityTooLarge(
      `Request entity too large: The allowed maximum operations in a JSON patch is ${MAX_OPERATIONS}, got ${patch.length}`,
    );
  }
  const run = new Run(document, patch as (Operation | null)[]);
  for (const [i, operation] of (patch as (Operation | null)[]).entries()) {
    run.apply(operation ?? {});
    if (run.effort.isPause((i + 1) % PAUSE_OPERATIONS === 0)) yield;
  }
  yield;
  return run.outcome() as Patched<T>;
}

/** All of it at once, as jsonPatchSteps says. */
export const applyJsonPatch = <T>(document: T, patch: unknown): Patched<T> => atOnce(jsonPatchSteps(document, patch));

const MISSING = 'missing value';

/** What stands for `/` and `~` in a key of a JSON pointer, after another `~`. */
const ESCAPED: Readonly<Record<string, number>> = { 1: 0x2f, 0: 0x7e };

/** The keys of a JSON pointer, undefined where it has none. */
function keysOf(pointer: string): string[] | undefined {
  const [, ...keys] = pointer.split('/', MAX_DEPTH + 2);
  // nothing is that deep
  if (keys.length === 0 || keys.length > MAX_DEPTH) return undefined;
  return keys.map(unescaped);
}

/** In one pass, without a text for each part: a key of a million escapes is one too. */
function unescaped(key: string): string {
  if (!key.includes('~')) return key;
  const units = Buffer.from(key, 'utf16le');
  let to = 0;
  for (let from = 0; from < key.length; from++) {
    const next = key[from] === '~' ? ESCAPED[key[from + 1] ?? ''] : undefined;
    units.writeUInt16LE(next ?? key.charCodeAt(from), to);
    if (next !== undefined) from++;
    to += 2;
  }
  return units.toString('utf16le', 0, to);
}

const textOf = (value: unknown): unknown => (value instanceof TextToken ? value.value : value);
const kindOf = (op: unknown): string => {
  const text = textOf(op);
  return typeof text === 'string' ? text : 'unknown';
};

/** A pointer as text. Throws with why it is none. */
function pointerOf(operation: Operation, field: 'path' | 'from'): string {
  const text = textOf(operation[field]);
  if (typeof text === 'string') return text;
  const missing = field === 'path' ? 'operation missing path field' : 'operation, missing from field';
  throw rejected(text === null || text === undefined ? `${missing}: ${MISSING}` : unmarshalError(text, 'string'));
}

/** What is done, with the words before those of its problem. */
function within<T>(words: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    if (error instanceof Rejected && error.why !== undefined) throw rejected(`${words}: ${error.why}`);
    throw error;
  }
}

const noIndex = (index: bigint): Error =>
  rejected(`Unable to access invalid index: ${index}: invalid index referenced`);

/** An index below `count`; a negative one counts from there. */
function indexOf(key: string, count: number): number {
  const read = parseInt64(key);
  if ('why' in read) throw rejected(read.why.replace('ParseInt', 'Atoi'));
  const at = Number(read.value);
  if (at >= count || at < -count) throw noIndex(read.value);
  return at < 0 ? at + count : at;
}

const sizeOf = (value: object): number => (Array.isArray(value) ? value.length : Object.keys(value).length);

class Run {
  /** containers made by this run: only these are changed in place */
  private readonly owned = new WeakSet<object>();
  /** the patch has, or makes, what a document has not */
  private readonly tokens: boolean;
  /** containers with such values that are not owned any more, or never were */
  private readonly brought = new Set<unknown>();
  private copied = 0;
  private copiedValues = 0;
  readonly effort = new Effort('JSON patch');
  constructor(
    private root: unknown,
    private readonly patch: readonly (Operation | null)[],
  ) {
    this.tokens = patch.some((operation) => operation?.value === null || hasTokens(operation?.value));
  }

  apply(operation: Operation): void {
    const kind = kindOf(operation.op);
    switch (kind) {
      case 'add':
        return this.add(operation);
      case 'remove':
        return this.remove(operation);
      case 'replace':
        return this.replace(operation);
      case 'move':
        return this.move(operation);
      case 'copy':
        return this.copy(operation);
      case 'test':
        return this.test(operation);
      default:
        throw rejected(`Unexpected kind: ${kind}`);
    }
  }

  outcome(): Patched<unknown> {
    const given = (): Set<unknown> => {
      const all = new Set<unknown>();
      for (const operation of this.patch) containersOf(operation?.value, all);
      return all;
    };
    if (!this.tokens) return { value: this.root, exact: false, given };
    const strangers = given();
    const made = new Set<unknown>();
    const isOwn = (container: Container): boolean => this.owned.has(container);
    const isStranger = (container: Container): boolean => strangers.has(container) || this.brought.has(container);
    const value = settle(this.root, isOwn, isStranger, made);
    const exact = this.patch.some((operation) => hasTokens(operation?.value, isNumberToken));
    return { value, exact, given: () => made };
  }

  private add(operation: Operation): void {
    const path = pathOrMissing(operation, 'add');
    const place = this.place(path) ?? missing(`add operation does not apply: doc is missing path: "${path}"`);
    within(`error in add for path: '${path}'`, () => this.put(place, valueOf(operation) ?? null));
  }

  private remove(operation: Operation): void {
    const path = pathOrMissing(operation, 'remove');
    const place = this.place(path) ?? missing(`remove operation does not apply: doc is missing path: "${path}"`);
    within(`error in remove for path: '${path}'`, () => this.take(place));
  }

  private replace(operation: Operation): void {
    const path = within('replace operation failed to decode path', () => pointerOf(operation, 'path'));
    const value = valueOf(operation);
    if (path === '') {
      // a list is let through, and is no object to whom reads the outcome
      if (!isContainer(value)) throw rejected('replace operation value must be object or array: %!w(<nil>)');
      this.root = value;
      return;
    }
    const keys = this.place(path) ?? missing(`replace operation does not apply: doc is missing path: ${path}`);
    const { container, key } = this.parent(keys);
    if (!Array.isArray(container)) return put(container, key, value ?? null);
    let at: number;
    try {
      at = indexOf(key, container.length);
    } catch {
      return missing(`replace operation does not apply: doc is missing key: ${path}`);
    }
    container[at] = value ?? null;
  }

  private move(operation: Operation): void {
    const from = within('move operation failed to decode from', () => pointerOf(operation, 'from'));
    const place = this.place(from) ?? missing(`move operation does not apply: doc is missing from path: ${from}`);
    const value = within(`error in move for path: '${place.at(-1)}'`, () => this.take(place));
    const path = within('move operation failed to decode path', () => pointerOf(operation, 'path'));
    const to = this.place(path) ?? missing(`move operation does not apply: doc is missing destination path: ${path}`);
    within(`error in move for path: '${path}'`, () => this.put(to, value));
  }

  private copy(operation: Operation): void {
    const from = within('copy operation failed to decode from', () => pointerOf(operation, 'from'));
    const place = this.place(from) ?? missing(`copy operation does not apply: doc is missing from path: ${from}`);
    const found = within(`error in copy for from: '${from}'`, () => this.get(place));
    const path = pathOrMissing(operation, 'copy');
    const to = this.place(path) ?? missing(`copy operation does not apply: doc is missing destination path: ${path}`);
    if (found !== null) this.count(this.tokens ? textWithTokens(found) : goJson(found));
    const copy = this.tokens && hasTokens(found) ? copied(found) : found;
    if (copy !== found) containersOf(copy, this.brought);
    within('error while adding value during copy', () => this.put(to, copy));
  }

  private count(text: string): void {
    this.copied += Buffer.byteLength(text);
    if (this.copied > MAX_COPIED) {
      const what = `the accumulated size increase of copy is ${this.copied}, exceeding the limit ${MAX_COPIED}`;
      throw rejected(`Unable to complete the copy, ${what}`);
    }
    this.copiedValues += scanJson(text).values;
    if (this.copiedValues > MAX_VALUES) throw rejected(`Unable to complete the copy of more than ${MAX_VALUES} values`);
  }

  private test(operation: Operation): void {
    const path = within('test operation failed to decode path', () => pointerOf(operation, 'path'));
    const value = valueOf(operation);
    let found: unknown = this.root;
    if (path !== '') {
      const place = this.place(path) ?? missing(`test operation does not apply: is missing path: ${path}`);
      found = within(`error in test for path: '${path}'`, () => this.get(place));
    }
    if (isContainer(found)) this.effort.spend(sizeOf(found));
    const holds = found === null ? value === undefined || value === BROUGHT_NULL : value !== undefined;
    if (!holds || (found !== null && !alike(found, value))) throw rejected(`testing value ${path} failed: test failed`);
  }

  /** The keys of a pointer, where there is something that can have the last of them. */
  private place(pointer: string): readonly string[] | undefined {
    const keys = keysOf(pointer);
    if (!keys) return undefined;
    let value = this.root;
    for (let i = 0; i < keys.length; i++) {
      if (!isContainer(value)) return undefined;
      if (i === keys.length - 1) return keys;
      value = Array.isArray(value) ? itemOf(value, keys[i]!) : own(value, keys[i]!);
    }
    return undefined;
  }

  /** null for a key that is not there. Throws for an index that is not. */
  private get(keys: readonly string[]): unknown {
    let value: unknown = this.root;
    for (const key of keys) {
      value = Array.isArray(value) ? value[indexOf(key, value.length)] : (own(value as Plain, key) ?? null);
    }
    return value;
  }

  /** The container of the last key, as a copy of this run; so are all on the way to it. */
  private parent(keys: readonly string[]): { container: Container; key: string } {
    let container = this.copyOf(this.root as Container);
    this.root = container;
    for (const part of keys.slice(0, -1)) {
      const key = Array.isArray(container) ? String(indexOf(part, container.length)) : part;
      const child = this.copyOf(own(container as Plain, key) as Container);
      put(container as Plain, key, child);
      container = child;
    }
    return { container, key: keys.at(-1)! };
  }

  private copyOf(value: Container): Container {
    if (this.owned.has(value)) return value;
    this.effort.spend(sizeOf(value));
    const copy: Container = Array.isArray(value) ? [...(value as unknown[])] : { ...value };
    this.owned.add(copy);
    return copy;
  }

  /** A value that is copied or moved may stand in several places, even in itself: it must be nobody's own before. */
  private put(keys: readonly string[], value: unknown): void {
    this.disown(value);
    const { container, key } = this.parent(keys);
    if (!Array.isArray(container)) return put(container, key, value);
    const at = key === '-' ? container.length : indexToAdd(key, container.length);
    this.effort.spend(container.length - at);
    container.splice(at, 0, value);
  }

  private take(keys: readonly string[]): unknown {
    const { container, key } = this.parent(keys);
    if (Array.isArray(container)) {
      const at = indexOf(key, container.length);
      this.effort.spend(container.length - at);
      return container.splice(at, 1)[0];
    }
    const value = own(container, key);
    if (value === undefined) return missing(`Unable to remove nonexistent key: ${key}`);
    delete container[key];
    return value;
  }

  private disown(value: unknown): void {
    if (!isContainer(value) || !this.owned.delete(value)) return;
    if (this.tokens) this.brought.add(value);
    this.effort.spend(sizeOf(value));
    for (const child of Object.values(value)) this.disown(child);
  }
}

function missing(words: string): never {
  throw rejected(`${words}: ${MISSING}`);
}

/** A value that is null is told from one that is not there. */
const valueOf = ({ value }: Operation): unknown => (value === null ? BROUGHT_NULL : value);

/** Of these operations nobody is told why a path is none. */
function pathOrMissing(operation: Operation, op: string): string {
  try {
    return pointerOf(operation, 'path');
  } catch {
    return missing(`${op} operation failed to decode path`);
  }
}

function itemOf(list: readonly unknown[], key: string): unknown {
  try {
    return list[indexOf(key, list.length)];
  } catch {
    return undefined;
  }
}

function indexToAdd(key: string, length: number): number {
  try {
    return indexOf(key, length + 1);
  } catch (error) {
    if (error instanceof Rejected && error.why?.startsWith('strconv'))
      throw rejected(`value was not a proper array index: '${key}': ${error.why}`);
    throw error;
  }
}
