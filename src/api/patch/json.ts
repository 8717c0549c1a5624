import { stringifyExact } from '../../go/json-numbers.ts';
import { MAX_DEPTH } from '../../go/json-syntax.ts';
import { scanJson } from '../../go/json-scan.ts';
import { MAX_VALUES } from '../../kinds/body-bounds.ts';
import { badRequest, requestEntityTooLarge } from '../../meta/status.ts';
import { sameJson } from './equal.ts';
import { isPlain, own, put, type Plain } from './plain.ts';
import { unmarshalError } from '../../go/json-unmarshal.ts';
import { Rejected, rejected } from './errors.ts';

const MAX_OPERATIONS = 10_000;
/** `copy` may add as many bytes in all: a few operations could otherwise double an object again and again */
const MAX_COPIED = 3 * 1024 * 1024;
/** Items and keys that operations may move, copy or compare, all together: ten thousand on a long list are too many. */
const MAX_STEPS = 10_000_000;

interface Operation {
  op?: unknown;
  path?: unknown;
  from?: unknown;
  value?: unknown;
}
type Container = Plain | unknown[];

/**
 * JSON patch (RFC 6902). Returns a new document that shares what did not change.
 * Throws 400 for what is no patch, 413 for too many operations, 422 where an operation does not apply: a path that is
 * not there, a test that fails, an operation that is unknown.
 * As kube-apiserver has it (evanphx/json-patch 4): a negative index counts from the end, `replace` adds a key that is not
 * there, `copy` of such a key and an operation without a value give null, and what is before the first `/` is not read.
 */
export function applyJsonPatch<T>(document: T, patch: unknown): T {
  // no operations
  if (patch === null) return document;
  if (!Array.isArray(patch)) throw badRequest(unmarshalError(patch, 'jsonpatch.Patch'));
  const wrong = patch.find((operation) => operation !== null && !isPlain(operation));
  if (wrong !== undefined) throw badRequest(unmarshalError(wrong, 'jsonpatch.Operation'));
  if (patch.length > MAX_OPERATIONS) {
    throw requestEntityTooLarge(
      `The allowed maximum operations in a JSON patch is ${MAX_OPERATIONS}, got ${patch.length}`,
    );
  }
  const run = new Run(document);
  for (const operation of patch as (Operation | null)[]) {
    try {
      run.apply(operation ?? {});
    } catch (error) {
      if (error instanceof Rejected && error.why === undefined) throw rejected(whyRejected(operation ?? {}));
      throw error;
    }
  }
  return run.root as T;
}

/** Why an operation cannot be done, where nothing more is known than that there is nothing at its path. */
function whyRejected({ op, path }: Operation): string {
  if (op === 'test') return `testing value ${String(path)} failed: test failed`;
  if (!OPERATIONS.has(String(op))) return `Unexpected kind: ${String(op)}`;
  const shown = op === 'replace' ? String(path) : JSON.stringify(path);
  return `${op} operation does not apply: doc is missing path: ${shown}: missing value`;
}
const OPERATIONS = new Set(['add', 'remove', 'replace', 'move', 'copy']);

class Run {
  /** containers made by this run: only these are changed in place */
  private readonly owned = new WeakSet<object>();
  private copied = 0;
  private copiedValues = 0;
  private steps = 0;
  constructor(public root: unknown) {}

  apply({ op, path: pointer, from, value = null }: Operation): void {
    const path = parse(pointer);
    switch (op) {
      case 'add':
        return this.add(path, value);
      case 'remove':
        this.remove(path);
        return;
      case 'replace':
        return this.replace(path, value);
      case 'move':
        return this.add(path, this.remove(parse(from)));
      case 'copy': {
        const source = this.get(parse(from));
        this.parent(path);
        const text = stringifyExact(source);
        this.copied += text.length;
        this.copiedValues += scanJson(text).values;
        if (this.copied > MAX_COPIED || this.copiedValues > MAX_VALUES) throw rejected();
        return this.add(path, source);
      }
      case 'test':
        this.test(path.length ? this.get(path) : this.root, value);
        return;
      default:
        throw rejected();
    }
  }

  private spend(steps: number): void {
    this.steps += steps;
    if (this.steps > MAX_STEPS) throw requestEntityTooLarge('The JSON patch takes too many steps');
  }

  private test(found: unknown, value: unknown): void {
    if (typeof found === 'object' && found !== null) this.spend(sizeOf(found));
    if (!sameJson(found, value)) throw rejected();
  }

  /** null for a key that is not there; an index must be. */
  private get(path: readonly string[]): unknown {
    if (path.length === 0) throw rejected();
    let value = this.root;
    for (const key of path) {
      if (Array.isArray(value)) value = value[index(key, value.length, value.length - 1)];
      else if (isPlain(value)) value = own(value, key) ?? null;
      else throw rejected();
    }
    return value;
  }

  /** The container of the path's last key, as a copy of this run; so are all on the way to it. */
  private parent(path: readonly string[]): { container: Container; key: string } {
    if (path.length === 0) throw rejected();
    let container = this.copyOf(this.root);
    this.root = container;
    for (let i = 0; i < path.length - 1; i++) {
      const key = Array.isArray(container) ? String(index(path[i]!, container.length, container.length - 1)) : path[i]!;
      const child = this.copyOf(own(container as Plain, key));
      put(container as Plain, key, child);
      container = child;
    }
    return { container, key: path[path.length - 1]! };
  }

  private copyOf(value: unknown): Container {
    if (typeof value !== 'object' || value === null) throw rejected();
    if (this.owned.has(value)) return value as Container;
    this.spend(sizeOf(value));
    const copy: Container = Array.isArray(value) ? [...(value as unknown[])] : { ...(value as Plain) };
    this.owned.add(copy);
    return copy;
  }

  /** A value that is copied or moved may stand in several places, even in itself: it must be nobody's own before. */
  private add(path: readonly string[], value: unknown): void {
    this.disown(value);
    const { container, key } = this.parent(path);
    if (Array.isArray(container)) {
      const at = key === '-' ? container.length : index(key, container.length + 1, container.length);
      this.spend(container.length - at);
      container.splice(at, 0, value);
    } else put(container, key, value);
  }

  private replace(path: readonly string[], value: unknown): void {
    if (path.length === 0) {
      // a list is let through, and is no object to whom reads the outcome
      if (typeof value !== 'object' || value === null) throw rejected();
      this.root = value;
      return;
    }
    const { container, key } = this.parent(path);
    if (Array.isArray(container)) container[index(key, container.length, container.length - 1)] = value;
    else put(container, key, value);
  }

  private remove(path: readonly string[]): unknown {
    const { container, key } = this.parent(path);
    if (Array.isArray(container)) {
      const at = index(key, container.length, container.length - 1);
      this.spend(container.length - at);
      return container.splice(at, 1)[0];
    }
    const value = own(container, key);
    if (value === undefined) {
      const pointer = path.map((one) => `/${one.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
      throw rejected(`error in remove for path: '${pointer}': Unable to remove nonexistent key: ${key}: missing value`);
    }
    delete container[key];
    return value;
  }

  private disown(value: unknown): void {
    if (typeof value !== 'object' || value === null) return;
    if (!this.owned.delete(value)) return;
    this.spend(sizeOf(value));
    for (const child of Object.values(value)) this.disown(child);
  }
}

const sizeOf = (value: object): number => (Array.isArray(value) ? value.length : Object.keys(value).length);

/** The keys of a JSON pointer; none for the whole. */
function parse(pointer: unknown): string[] {
  if (typeof pointer !== 'string' || (pointer !== '' && !pointer.includes('/'))) throw rejected();
  const [, ...keys] = pointer.split('/', MAX_DEPTH + 2);
  // nothing is that deep
  if (keys.length > MAX_DEPTH) throw rejected();
  return keys.map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/** An index up to `max`; a negative one counts from `length`. */
function index(key: string, length: number, max: number): number {
  if (!/^[+-]?\d{1,9}$/.test(key)) throw rejected();
  const number = Number(key);
  const at = number < 0 ? number + length : number;
  if (at < 0 || at > max) throw rejected();
  return at;
}
