import { unmarshalError } from '../../go/json-unmarshal.ts';
import { goJson } from '../../go/json-write.ts';
import { invalid } from '../../meta/field.ts';
import { apiVersionOf, parseApiVersion, type GroupVersionKind } from '../../meta/gvk.ts';
import { badRequest, internalError, invalidObject } from '../../meta/status.ts';
import { isObject } from './json-schema.ts';

const textOf = (object: Record<string, unknown>, field: string): string =>
  typeof object[field] === 'string' ? object[field] : '';

function refuse(wanted: GroupVersionKind, object: Record<string, unknown>, field: 'kind' | 'apiVersion'): never {
  // the error speaks of what the object says that it is
  const { group } = parseApiVersion(textOf(object, 'apiVersion'));
  const name = isObject(object['metadata']) ? textOf(object['metadata'], 'name') : '';
  const must = field === 'kind' ? wanted.kind : apiVersionOf(wanted);
  throw invalidObject({ group, kind: textOf(object, 'kind') }, name, [
    invalid(field, textOf(object, field), `must be ${must}`),
  ]);
}

/** A custom object is what the endpoint serves: kind and apiVersion of one that a patch has made. Throws 422. */
export function checkTypeMeta(wanted: GroupVersionKind, object: Record<string, unknown>): void {
  if (textOf(object, 'kind') !== wanted.kind) refuse(wanted, object, 'kind');
  if (textOf(object, 'apiVersion') !== apiVersionOf(wanted)) refuse(wanted, object, 'apiVersion');
}

/**
 * The same of an object that a JSON or merge patch has made, where they may be missing.
 * @param refuse makes what an object that cannot be read is refused with
 */
export function checkPatchedTypeMeta(
  wanted: GroupVersionKind,
  object: Record<string, unknown>,
  refuse: (why: string) => Error,
): void {
  if (!textOf(object, 'kind')) throw refuse(`Object 'Kind' is missing in '${goJson(object)}'`);
  const { apiVersion, metadata } = object;
  if (metadata !== undefined && metadata !== null && !isObject(metadata))
    throw refuse(unmarshalError(metadata, 'v1.ObjectMeta'));
  if (apiVersion === null) throw refuse('.apiVersion accessor error: <nil> is of the type <nil>, expected string');
  if (!textOf(object, 'apiVersion'))
    throw internalError("Object 'apiVersion' is missing in 'object has no apiVersion field'");
  checkTypeMeta(wanted, object);
}

/**
 * Kind and apiVersion of an object that was sent. Throws 400 without a kind (what `unrecognized` makes of it) and for
 * another version, 422 for another kind.
 */
export function checkSentTypeMeta(
  wanted: GroupVersionKind,
  object: Record<string, unknown>,
  text: string,
  unrecognized: (why: string) => Error,
): void {
  if (!textOf(object, 'kind')) throw unrecognized(`Object 'Kind' is missing in '${text}'`);
  const apiVersion = textOf(object, 'apiVersion');
  if (apiVersion !== apiVersionOf(wanted)) {
    throw badRequest(
      `the API version in the data (${apiVersion}) does not match the expected API version (${apiVersionOf(wanted)})`,
    );
  }
  checkTypeMeta(wanted, object);
}
