import { badRequest, requestEntityTooLarge } from '../../meta/status.ts';
import { sameJson } from './equal.ts';
import { isPlain, own, put, type Plain } from './plain.ts';
import { jsonType, rejected } from './rejected.ts';

const MAX_OPERATIONS = 10_000;
/** `copy` may add as many bytes in all: a few operations could otherwise double an object again and again */
const MAX_COPIED = 3 * 1024 * 1024;

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
 * not there, a test that fails, an operation that is unknown. As kube-apiserver does, it lets a negative index count
 * from the end.
 */
export function applyJsonPatch<T>(document: T, patch: unknown): T {
  if (!Array.isArray(patch))
    throw badRequest(`json: cannot unmarshal ${jsonType(patch)} into Go value of type jsonpatch.Patch`);
  const wrong = patch.find((operation) => operation !== null && !isPlain(operation));
  if (wrong !== undefined)
    throw badRequest(`json: cannot unmarshal ${jsonType(wrong)} into Go value of type jsonpatch.Operation`);
  if (patch.length > MAX_OPERATIONS) {
    throw requestEntityTooLarge(
      `The allowed maximum operations in a JSON patch is ${MAX_OPERATIONS}, got ${patch.length}`,
    );
  }
  const run = new Run(document);
  for (const operation of patch as (Operation | null)[]) run.apply(operation ?? {});
  return run.root as T;
}

class Run {
  /** containers made by this run: only these are changed in place */
  private readonly owned = new WeakSet<object>();
  private copied = 0;
  constructor(public root: unknown) {}

  apply({ op, path: pointer, from, ...rest }: Operation): void {
    const path = parse(pointer);
    switch (op) {
      case 'add':
        return this.add(path, this.given(rest));
      case 'remove':
        this.remove(path);
        return;
      case 'replace':
        return this.replace(path, this.given(rest));
      case 'move': {
        const source = parse(from);
        const value = this.remove(source);
        return this.add(path, value);
      }
      case 'copy': {
        const value = this.get(parse(from));
        if (value === undefined) throw rejected();
        this.copied += JSON.stringify(value).length;
        if (this.copied > MAX_COPIED) throw rejected();
        return this.add(path, value);
      }
      case 'test':
        if (!sameJson(this.get(path) ?? null, rest.value ?? null)) throw rejected();
        return;
      default:
        throw rejected();
    }
  }

  private given(rest: Operation): unknown {
    if (rest.value === undefined) throw rejected();
    return rest.value;
  }

  private get(path: readonly string[]): unknown {
    let value = this.root;
    for (const key of path) {
      if (Array.isArray(value)) value = value[index(key, value.length, value.length - 1)];
      else if (isPlain(value)) value = own(value, key);
      else return undefined;
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
      container.splice(at, 0, value);
    } else put(container, key, value);
  }

  private replace(path: readonly string[], value: unknown): void {
    if (path.length === 0) {
      if (!isPlain(value)) throw rejected();
      this.root = value;
      return;
    }
    const { container, key } = this.parent(path);
    if (Array.isArray(container)) container[index(key, container.length, container.length - 1)] = value;
    else if (own(container, key) === undefined) throw rejected();
    else put(container, key, value);
  }

  private remove(path: readonly string[]): unknown {
    const { container, key } = this.parent(path);
    if (Array.isArray(container)) return container.splice(index(key, container.length, container.length - 1), 1)[0];
    const value = own(container, key);
    if (value === undefined) throw rejected();
    delete container[key];
    return value;
  }

  private disown(value: unknown): void {
    if (typeof value !== 'object' || value === null) return;
    if (this.owned.delete(value)) for (const child of Object.values(value)) this.disown(child);
  }
}

function parse(pointer: unknown): string[] {
  if (typeof pointer !== 'string') throw rejected();
  if (pointer === '') return [];
  if (!pointer.startsWith('/')) throw rejected();
  return pointer
    .slice(1)
    .split('/')
    .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/** An index up to `max`; a negative one counts from `length`. */
function index(key: string, length: number, max: number): number {
  if (!/^[+-]?\d{1,9}$/.test(key)) throw rejected();
  const number = Number(key);
  const at = number < 0 ? number + length : number;
  if (at < 0 || at > max) throw rejected();
  return at;
}
