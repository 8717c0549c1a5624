import { badRequest } from '../../meta/status.ts';
import { isPlain, put, type Plain } from './plain.ts';

/**
 * JSON merge patch (RFC 7386): null removes a key, objects are merged, all else replaces. Returns a new value that
 * shares what did not change; throws 400 for a patch that is neither an object nor a list.
 * As kube-apiserver has it, nulls are taken out of objects inside a list too where the list stands for nothing before it.
 */
export function applyMergePatch<T>(target: T, patch: unknown): T {
  if (Array.isArray(patch)) return withoutNulls(patch) as T;
  if (!isPlain(patch)) throw badRequest('Invalid JSON Patch');
  return merged(target, patch) as T;
}

function merged(target: unknown, patch: Plain): Plain {
  if (!isPlain(target)) return withoutNulls(patch) as Plain;
  const out: Plain = { ...target };
  for (const key in patch) {
    const value = patch[key];
    if (value === null) delete out[key];
    else {
      const before = Object.hasOwn(out, key) ? out[key] : undefined;
      put(out, key, isPlain(before) ? (isPlain(value) ? merged(before, value) : value) : withoutNulls(value));
    }
  }
  return out;
}

/** The value itself where there is nothing to take out. */
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) {
    const items = value.map(withoutNulls);
    return items.every((item, i) => item === value[i]) ? value : items;
  }
  if (!isPlain(value)) return value;
  let same = true;
  const out: Plain = {};
  for (const key of Object.keys(value)) {
    const before = value[key];
    const after = before === null ? undefined : withoutNulls(before);
    if (after !== before) same = false;
    if (after !== undefined) put(out, key, after);
  }
  return same ? value : out;
}
