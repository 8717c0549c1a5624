import { forbidden, invalid, notSupported, required, type FieldError, type Path } from '../../../meta/field.ts';
import type { AnySchema } from './spec.ts';

const single = (items: AnySchema['items']): AnySchema | undefined => (Array.isArray(items) ? undefined : items);

const KEYS = 'x-kubernetes-list-map-keys';
const NONE: readonly FieldError[] = [];

/** x-kubernetes-map-type, x-kubernetes-list-type and x-kubernetes-list-map-keys: which go together with what. */
export function validateTopology(s: AnySchema, at: Path): readonly FieldError[] {
  // most schemas have none of them
  if (s['x-kubernetes-map-type'] === undefined && s['x-kubernetes-list-type'] === undefined && !s[KEYS]) return NONE;
  return [...mapType(s, at), ...listType(s, at), ...mapKeys(s, at), ...keysOfItems(s, at)];
}

function mustBe(s: AnySchema, type: string, extension: string, at: Path): FieldError[] {
  if (s.type === type) return [];
  const why = `must be ${type} if ${extension} is specified`;
  return [s.type ? invalid(at.child('type'), s.type, why) : required(at.child('type'), why)];
}

function mapType(s: AnySchema, at: Path): FieldError[] {
  const type = s['x-kubernetes-map-type'] as string | undefined;
  if (type === undefined) return [];
  const errors = mustBe(s, 'object', 'x-kubernetes-map-type', at);
  if (!['atomic', 'granular'].includes(type))
    errors.push(notSupported(at.child('x-kubernetes-map-type'), type, ['atomic', 'granular']));
  return errors;
}

function listType(s: AnySchema, at: Path): FieldError[] {
  const type = s['x-kubernetes-list-type'] as string | undefined;
  if (type === undefined) return [];
  const errors = mustBe(s, 'array', 'x-kubernetes-list-type', at);
  const items = single(s.items);
  if (errors.length === 0 && type === 'set' && items) {
    const why = 'must be atomic as item of a list with x-kubernetes-list-type=set';
    const [itemList, itemMap] = [items['x-kubernetes-list-type'], items['x-kubernetes-map-type']];
    if (items.type === 'array' && itemList !== undefined && itemList !== 'atomic') {
      errors.push(invalid(at.child('items', 'x-kubernetes-list-type'), itemList, why));
    }
    if (items.type === 'object' && itemMap !== 'atomic')
      errors.push(invalid(at.child('items', 'x-kubernetes-map-type'), itemList, why));
  }
  if (!['atomic', 'set', 'map'].includes(type))
    errors.push(notSupported(at.child('x-kubernetes-list-type'), type, ['atomic', 'set', 'map']));
  return errors;
}

function mapKeys(s: AnySchema, at: Path): FieldError[] {
  const errors: FieldError[] = [];
  const type = s['x-kubernetes-list-type'];
  const keys = s['x-kubernetes-list-map-keys'] ?? [];
  const keysAt = at.child('x-kubernetes-list-map-keys');
  if (keys.length && type !== 'map') {
    const why = 'must be map if x-kubernetes-list-map-keys is non-empty';
    const typeAt = at.child('x-kubernetes-list-type');
    errors.push(type === undefined ? required(typeAt, why) : invalid(typeAt, type, why));
  }
  if (type !== 'map') return errors;
  if (keys.length === 0) errors.push(required(keysAt, 'must not be empty if x-kubernetes-list-type is map'));
  const items = single(s.items);
  if (!s.items) errors.push(required(at.child('items'), 'must have a schema if x-kubernetes-list-type is map'));
  else if (items && items.type !== 'object') {
    errors.push(
      invalid(
        at.child('items', 'type'),
        items.type ?? '',
        "must be object if parent array's x-kubernetes-list-type is map",
      ),
    );
  }
  if (items?.type !== 'object') return errors;
  keys.forEach((key, i) => {
    const property = items.properties?.[key];
    const propertyAt = at.child('items', 'properties').key(key).child('type');
    if (!property) errors.push(invalid(keysAt, keys, 'entries must all be names of item properties'));
    else if (property.type === 'array' || property.type === 'object') {
      errors.push(
        invalid(propertyAt, items.type, "must be a scalar type if parent array's x-kubernetes-list-type is map"),
      );
    }
    if (keys.indexOf(key) < i) errors.push(invalid(keysAt, keys, 'must not contain duplicate entries'));
  });
  return errors;
}

/** Items that are told apart by value or key are there, and so are their keys. */
function keysOfItems(s: AnySchema, at: Path): FieldError[] {
  const type = s['x-kubernetes-list-type'];
  const items = single(s.items);
  if (!items || (type !== 'set' && type !== 'map')) return [];
  const errors: FieldError[] = [];
  if (items.nullable)
    errors.push(forbidden(at.child('items', 'nullable'), `cannot be nullable when x-kubernetes-list-type is ${type}`));
  for (const key of type === 'map' ? (s['x-kubernetes-list-map-keys'] ?? []) : []) {
    const property = items.properties?.[key];
    if (!property) continue;
    const keyAt = at.child('items', 'properties').key(key);
    const lead = 'this property is in x-kubernetes-list-map-keys, so it';
    if (!items.required?.includes(key) && property.default === undefined) {
      errors.push(required(keyAt.child('default'), `${lead} must have a default or be a required property`));
    }
    if (property.nullable) errors.push(forbidden(keyAt.child('nullable'), `${lead} cannot be nullable`));
  }
  return errors;
}
