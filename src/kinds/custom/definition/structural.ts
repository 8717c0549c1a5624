import { isDeepStrictEqual } from 'node:util';
import { forbidden, invalid, required, type FieldError, type Path } from '../../../meta/field.ts';
import { regexpProblem } from '../../../go/regexp.ts';
import type { AnySchema } from './spec.ts';

/**
 * The rules of a structural schema (KEP-1979, "Specifying a structural schema"): what a value is made of is said outside
 * of allOf, anyOf, oneOf and not, and those only restrict it.
 */
type Level = 'root' | 'item' | 'field';
const EMPTY_TYPE: Readonly<Record<Level, string>> = {
  root: 'must not be empty at the root',
  item: 'must not be empty for specified array items',
  field: 'must not be empty for specified object fields',
};
const sub = (schema: AnySchema | AnySchema[] | undefined): AnySchema | undefined =>
  Array.isArray(schema) ? undefined : schema;

export function validateStructural(schema: AnySchema, at: Path): FieldError[] {
  const errors: FieldError[] = [];
  invariants(schema, 'root', at, errors);
  return [...errors, ...completeness(schema, schema, at, at)];
}

/** There are thousands of schemas in a definition, almost all of them good: they have one list of errors. */
function invariants(s: AnySchema, level: Level, at: Path, errors: FieldError[]): void {
  const items = sub(s.items);
  if (s.type === 'array' && !items) errors.push(required(at.child('items'), 'must be specified'));
  if (items) invariants(items, 'item', at.child('items'), errors);
  const { properties } = s;
  if (properties) {
    const below = at.child('properties');
    for (const name of Object.keys(properties)) invariants(properties[name]!, 'field', below.key(name), errors);
  }
  if (s.additionalProperties) {
    if (level === 'root') errors.push(forbidden(at.child('additionalProperties'), 'must not be used at the root'));
    if (typeof s.additionalProperties === 'object')
      invariants(s.additionalProperties, 'field', at.child('additionalProperties'), errors);
  }
  for (const error of extensions(s, at)) errors.push(error);
  for (const error of restrictions(s, at, isIntOrString(s.anyOf), isIntOrString(s.allOf?.[0]?.anyOf)))
    errors.push(error);
  typeRules(s, level, at, errors);
  metaRules(s, level, at, errors);
}

const INT_OR_STRING = [{ type: 'integer' }, { type: 'string' }];
/** The one pattern in which types may stand below anyOf. */
const isIntOrString = (anyOf: AnySchema[] | undefined): boolean =>
  anyOf?.length === 2 && isDeepStrictEqual(anyOf, INT_OR_STRING);

function extensions(s: AnySchema, at: Path): FieldError[] {
  if (!s['x-kubernetes-int-or-string']) return [];
  return (['x-kubernetes-preserve-unknown-fields', 'x-kubernetes-embedded-resource'] as const)
    .filter((name) => s[name])
    .map((name) => invalid(at.child(name), true, 'must be false if x-kubernetes-int-or-string is true'));
}

function typeRules(s: AnySchema, level: Level, at: Path, errors: FieldError[]): void {
  const embedded = s['x-kubernetes-embedded-resource'];
  if (s.type && !embedded && level !== 'root') return;
  const typeAt = at.child('type');
  if (embedded && s.type !== 'object') {
    const why = 'must be object if x-kubernetes-embedded-resource is true';
    errors.push(s.type ? invalid(typeAt, s.type, why) : required(typeAt, why));
  } else if (!s.type && !s['x-kubernetes-int-or-string'] && !s['x-kubernetes-preserve-unknown-fields'])
    errors.push(required(typeAt, EMPTY_TYPE[level]));
  if (embedded && s.additionalProperties)
    errors.push(
      forbidden(at.child('additionalProperties'), 'must not be used if x-kubernetes-embedded-resource is set'),
    );
  if (level === 'root' && s.type && s.type !== 'object')
    errors.push(invalid(typeAt, s.type, 'must be object at the root'));
}

function metaRules(s: AnySchema, level: Level, at: Path, errors: FieldError[]): void {
  const embedded = s['x-kubernetes-embedded-resource'];
  if (level !== 'root' && !embedded) return;
  const { kind, apiVersion, metadata } = s.properties ?? {};
  const below = (name: string): Path => at.child('properties').key(name);
  const named: [string, AnySchema | undefined][] = [
    ['kind', kind],
    ['apiVersion', apiVersion],
  ];
  for (const [name, property] of named) {
    if (property && property.type !== 'string')
      errors.push(invalid(below(name).child('type'), property.type ?? '', 'must be string'));
  }
  if (metadata) {
    if (metadata.type !== 'object')
      errors.push(invalid(below('metadata').child('type'), metadata.type ?? '', 'must be object'));
    if (level === 'root' && saysMore(metadata)) {
      errors.push(
        forbidden(
          below('metadata'),
          'must not specify anything other than name and generateName, but metadata is implicitly specified',
        ),
      );
    }
  }
  if (embedded && !s['x-kubernetes-preserve-unknown-fields'] && !Object.keys(s.properties ?? {}).length) {
    errors.push(
      required(
        at.child('properties'),
        'must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields',
      ),
    );
  }
}

/** Does the schema of metadata say more than how names look? */
function saysMore({ type: _, default: __, properties = {}, ...rest }: AnySchema): boolean {
  const names = Object.keys(properties).filter((name) => name !== 'name' && name !== 'generateName');
  return (
    names.length > 0 ||
    Object.values(rest).some(
      (value) => value !== undefined && value !== false && !(Array.isArray(value) && value.length === 0),
    )
  );
}

function restrictions(v: AnySchema, at: Path, skipAnyOf: boolean, skipFirst: boolean): FieldError[] {
  const errors: FieldError[] = [];
  if (!skipAnyOf) v.anyOf?.forEach((each, i) => errors.push(...nested(each, at.child('anyOf').index(i), false)));
  v.allOf?.forEach((each, i) => errors.push(...nested(each, at.child('allOf').index(i), skipFirst && i === 0)));
  v.oneOf?.forEach((each, i) => errors.push(...nested(each, at.child('oneOf').index(i), false)));
  if (v.not) errors.push(...nested(v.not, at.child('not'), false));
  const problem = v.pattern ? regexpProblem(v.pattern) : undefined;
  if (problem)
    errors.push(invalid(at.child('pattern'), v.pattern, `must be a valid regular expression, but isn't: ${problem}`));
  return errors;
}

const NESTED: readonly [keyof AnySchema, string][] = [
  ['type', 'empty'],
  ['additionalProperties', 'undefined'],
  ['default', 'undefined'],
  ['title', 'empty'],
  ['description', 'empty'],
  ['nullable', 'false'],
  ['externalDocs', 'undefined'],
  ['x-kubernetes-preserve-unknown-fields', 'false'],
  ['x-kubernetes-embedded-resource', 'false'],
  ['x-kubernetes-int-or-string', 'false'],
  ['x-kubernetes-list-map-keys', 'empty'],
  ['x-kubernetes-list-type', 'undefined'],
  ['x-kubernetes-map-type', 'undefined'],
  ['x-kubernetes-validations', 'empty'],
];
const isSaid = (value: unknown): boolean =>
  value !== undefined && value !== false && value !== '' && !(Array.isArray(value) && value.length === 0);

function nested(v: AnySchema, at: Path, skipAnyOf: boolean): FieldError[] {
  const errors = restrictions(v, at, skipAnyOf, false);
  const items = sub(v.items);
  if (items) errors.push(...nested(items, at.child('items'), false));
  for (const [name, property] of Object.entries(v.properties ?? {}))
    errors.push(...nested(property, at.child('properties').key(name), false));
  for (const [name, what] of NESTED)
    if (isSaid(v[name])) errors.push(forbidden(at.child(name), `must be ${what} to be structural`));
  if (v.properties?.['metadata'])
    errors.push(forbidden(at.child('properties').key('metadata'), 'must not be specified in a nested context'));
  return errors;
}

/** Everything that a restriction speaks of must be there outside of restrictions. */
function completeness(v: AnySchema, s: AnySchema | undefined, at: Path, from: Path): FieldError[] {
  const errors: FieldError[] = [];
  const check = (each: AnySchema, where: Path): number => errors.push(...nestedCompleteness(each, s, at, where));
  if (v.not) check(v.not, from.child('not'));
  v.allOf?.forEach((each, i) => check(each, from.child('allOf').index(i)));
  v.anyOf?.forEach((each, i) => check(each, from.child('anyOf').index(i)));
  v.oneOf?.forEach((each, i) => check(each, from.child('oneOf').index(i)));
  return errors;
}

function nestedCompleteness(v: AnySchema, s: AnySchema | undefined, at: Path, from: Path): FieldError[] {
  if (!s) return [required(at, `because it is defined in ${from}`)];
  const errors = completeness(v, s, at, from);
  const items = sub(v.items);
  if (items) errors.push(...nestedCompleteness(items, sub(s.items), at.child('items'), from.child('items')));
  for (const [name, property] of Object.entries(v.properties ?? {})) {
    errors.push(
      ...nestedCompleteness(
        property,
        s.properties?.[name],
        at.child('properties').key(name),
        from.child('properties').key(name),
      ),
    );
  }
  return errors;
}
