import { badRequest } from '../../meta/status.ts';
import { isPlain, put, type Plain } from './plain.ts';
import { jsonType } from './rejected.ts';

/**
 * JSON merge patch (RFC 7386): null removes a key, objects are merged, all else replaces. Returns a new value that
 * shares what did not change; throws 400 for a patch that is no object.
 */
export function applyMergePatch<T>(target: T, patch: unknown): T {
  if (!isPlain(patch)) {
    throw badRequest(
      `error decoding patch: json: cannot unmarshal ${jsonType(patch)} into Go value of type map[string]interface {}`,
    );
  }
  return merged(target, patch) as T;
}

function merged(target: unknown, patch: Plain): Plain {
  const out: Plain = isPlain(target) ? { ...target } : {};
  for (const key in patch) {
    const value = patch[key];
    if (value === null) delete out[key];
    else put(out, key, isPlain(value) ? merged(Object.hasOwn(out, key) ? out[key] : undefined, value) : value);
  }
  return out;
}
