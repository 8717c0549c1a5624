import { applySchemaDefaults } from '../../kinds/defaults.ts';
import type { Kind } from '../../kinds/kind.ts';
import { normalizeObject } from '../../kinds/normalize.ts';
import type { KubeObject } from '../../meta/object.ts';
import { atOnce, type Steps } from '../../meta/steps.ts';

/**
 * Fills in what the client left out, in the request's version. `known`: the stored object, where parts of it are shared
 * with what is written.
 */
export function* defaultsSteps(kind: Kind, object: KubeObject, subresource = '', known?: KubeObject): Steps<void> {
  const { strategy } = kind.storage;
  applySchemaDefaults(kind.schema, object, kind.custom, known);
  yield;
  const special = subresource ? strategy.subresources?.[subresource]?.defaults : undefined;
  if (special) special(object);
  else strategy.defaults?.(object);
}

/** The same at once. */
export const applyDefaults = (...of: Parameters<typeof defaultsSteps>): void => atOnce(defaultsSteps(...of));

/**
 * The object as Go would write what was sent: what is empty and left out of JSON is nobody's, and what is always
 * written has an owner. A custom kind has no struct: the object itself.
 */
export function sentForm(kind: Kind, object: KubeObject, known?: KubeObject): KubeObject {
  if (kind.custom) return object;
  const form = normalizeObject(kind.schema, object, false, known);
  // an empty list there says that all field owners are to go
  if (object.metadata.managedFields?.length === 0) form.metadata.managedFields = [];
  return form;
}
