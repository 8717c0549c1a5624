import { invalid, Path, required, type FieldError } from '../../meta/field.ts';
import { isDns1035Label } from '../../meta/names.ts';
import type { ObjectMeta } from '../../meta/object.ts';
import { validateMetaWithin } from '../validate-meta.ts';
import { isObject, type JsonSchema } from './json-schema.ts';

/**
 * Whole objects within an object (x-kubernetes-embedded-resource) have an apiVersion and a kind that could be ones, and
 * metadata as an object has.
 */
function validateObject(value: Record<string, unknown>, at: string): FieldError[] {
  const errors: FieldError[] = [];
  const { apiVersion, kind, metadata } = value;
  const place = (name: string): string => (at ? `${at}.${name}` : name);
  if (apiVersion === undefined) errors.push(required(place('apiVersion')));
  else if (typeof apiVersion !== 'string') errors.push(invalid(place('apiVersion'), apiVersion, 'must be a string'));
  else if (apiVersion === '') errors.push(invalid(place('apiVersion'), '', 'must not be empty'));
  else if (apiVersion.split('/').length > 2)
    errors.push(invalid(place('apiVersion'), apiVersion, `unexpected GroupVersion string: ${apiVersion}`));
  if (kind === undefined) errors.push(required(place('kind')));
  else if (typeof kind !== 'string') errors.push(invalid(place('kind'), kind, 'must be a string'));
  else if (kind === '') errors.push(invalid(place('kind'), '', 'must not be empty'));
  else {
    const why = isDns1035Label(kind.toLowerCase());
    if (why.length)
      errors.push(invalid(place('kind'), kind, `may have mixed case, but should otherwise match: ${why.join(',')}`));
  }
  // decoding has made it metadata
  if (isObject(metadata))
    errors.push(...validateMetaWithin(metadata as unknown as ObjectMeta, Path.root(place('metadata'))));
  return errors;
}

export function validateEmbedded(schema: JsonSchema, value: unknown, at: string): FieldError[] {
  if (Array.isArray(value))
    return schema.items
      ? value.flatMap((item, i) => validateEmbedded(schema.items as JsonSchema, item, `${at}[${i}]`))
      : [];
  if (!isObject(value)) return [];
  const own = schema['x-kubernetes-embedded-resource'] ? validateObject(value, at) : [];
  const more = isObject(schema.additionalProperties) ? (schema.additionalProperties as JsonSchema) : undefined;
  const below = Object.keys(value).flatMap((key) => {
    const property = schema.properties?.[key] ?? more;
    if (!property) return [];
    return validateEmbedded(
      property,
      value[key],
      schema.properties?.[key] ? (at ? `${at}.${key}` : key) : `${at}[${key}]`,
    );
  });
  return [...own, ...below];
}

export function hasEmbedded(schema: JsonSchema): boolean {
  if (schema['x-kubernetes-embedded-resource']) return true;
  const { items, additionalProperties, properties } = schema;
  return (
    (items !== undefined && hasEmbedded(items)) ||
    (isObject(additionalProperties) && hasEmbedded(additionalProperties as JsonSchema)) ||
    Object.values(properties ?? {}).some(hasEmbedded)
  );
}
