import { applySchemaDefaults } from '../../kinds/defaults.ts';
import type { Kind } from '../../kinds/kind.ts';
import type { KubeObject } from '../../meta/object.ts';

/** Fills in what the client left out, in the request's version. */
export function applyDefaults(kind: Kind, object: KubeObject): void {
  applySchemaDefaults(kind.schema, object, kind.custom);
  kind.storage.strategy.defaults?.(object);
}
