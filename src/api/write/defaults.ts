import { applySchemaDefaults } from '../../kinds/defaults.ts';
import type { Kind } from '../../kinds/kind.ts';
import { normalizeObject } from '../../kinds/normalize.ts';
import type { KubeObject } from '../../meta/object.ts';

/** Fills in what the client left out, in the request's version. */
export function applyDefaults(kind: Kind, object: KubeObject): void {
  applySchemaDefaults(kind.schema, object, kind.custom);
  kind.storage.strategy.defaults?.(object);
}

/**
 * A decoded object with its defaults, as Go's struct would hold it: what is empty and left out of JSON is nobody's, and
 * what is always written has an owner. `object` itself gets the defaults; use the one that is returned.
 */
export function completed(kind: Kind, object: KubeObject): KubeObject {
  applyDefaults(kind, object);
  return kind.custom ? object : normalizeObject(kind.schema, object);
}
