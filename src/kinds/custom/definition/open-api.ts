import { forbidden, invalid, notSupported, type FieldError, type Path } from '../../../meta/field.ts';
import { validateTopology } from './lists.ts';
import { RuleCosts } from './rule-costs.ts';
import { validateRuleExpressions, validateRuleForms } from './rules.ts';
import type { AnySchema } from './spec.ts';

/** What is allowed where a schema stands. */
interface Place {
  /** why there may be no default; undefined where there may */
  noDefault?: string;
  /** of a resource's own metadata, kind or apiVersion */
  meta?: boolean;
  /** the first list or map above whose parts cannot be told from those before */
  within?: Path;
  /** are rules tried? Not in restrictions, and not in schemas that are not structural */
  rules: boolean;
  root?: boolean;
  /** how often what is here may stand in one object; undefined: some list or map above has no bound */
  times: number | undefined;
  costs: RuleCosts;
}
interface Errors {
  schema: FieldError[];
  rules: FieldError[];
}
const TYPES = ['array', 'boolean', 'integer', 'number', 'object', 'string'];
const META = new Set(['metadata', 'kind', 'apiVersion']);
const UNSUPPORTED = ['id', 'additionalItems', 'patternProperties', 'definitions', 'dependencies', '$ref'] as const;
const isEmpty = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && Object.keys(value).length === 0;
const isSaid = (value: unknown): boolean => value !== undefined && value !== '' && !isEmpty(value);

function unsupported(s: AnySchema, at: Path, place: Place): FieldError[] {
  const errors: FieldError[] = [];
  if (s.type && !TYPES.includes(s.type)) errors.push(notSupported(at.child('type'), s.type, TYPES));
  if (s.default !== undefined && place.noDefault !== undefined) {
    errors.push(forbidden(at.child('default'), `must not be set ${place.noDefault}`));
  }
  for (const name of UNSUPPORTED)
    if (isSaid(s[name])) errors.push(forbidden(at.child(name), `${name} is not supported`));
  if (s.type === 'null')
    errors.push(forbidden(at.child('type'), 'type cannot be set to null, use nullable as an alternative'));
  if (Array.isArray(s.items) && s.items.length)
    errors.push(forbidden(at.child('items'), 'items must be a schema object and not an array'));
  if (place.meta && s['x-kubernetes-embedded-resource']) {
    errors.push(forbidden(at.child('x-kubernetes-embedded-resource'), 'must not be used inside of resource meta'));
  }
  if (s.uniqueItems) {
    errors.push(
      forbidden(
        at.child('uniqueItems'),
        'uniqueItems cannot be set to true since the runtime complexity becomes quadratic',
      ),
    );
  }
  return errors;
}

function own(s: AnySchema, at: Path, place: Place): FieldError[] {
  const errors = unsupported(s, at, place);
  if (
    Object.keys(s.properties ?? {}).length &&
    s.additionalProperties !== undefined &&
    s.additionalProperties !== true
  ) {
    errors.push(
      forbidden(at.child('additionalProperties'), 'additionalProperties and properties are mutual exclusive'),
    );
  }
  if (s['x-kubernetes-preserve-unknown-fields'] === false) {
    errors.push(invalid(at.child('x-kubernetes-preserve-unknown-fields'), false, 'must be true or undefined'));
  }
  return [...errors, ...validateTopology(s, at), ...validateRuleForms(s, at)];
}

/** How often what is in a value may stand in it, by what its schema says; undefined where it says nothing. */
function timesWithin({ type, additionalProperties, maxProperties, maxItems }: AnySchema): number | undefined {
  const bound = (most: number | undefined): number | undefined => (most === undefined ? undefined : Math.max(0, most));
  if (type === 'array') return bound(maxItems);
  return type === 'object' && additionalProperties !== undefined ? bound(maxProperties) : 1;
}

/** The schemas right below one, each with its path and what holds there. */
function* children(s: AnySchema, at: Path, place: Place): Generator<[AnySchema, Path, Place]> {
  const within = timesWithin(s);
  const times = place.times === undefined || within === undefined ? undefined : place.times * within;
  const below: Place = { ...place, root: false, times };
  const restricted: Place = { ...below, rules: false };
  if (typeof s.additionalProperties === 'object') {
    const noDefault = place.meta ? 'inside additionalProperties applying to object metadata' : place.noDefault;
    yield [
      s.additionalProperties,
      at.child('additionalProperties'),
      { ...below, ...(noDefault !== undefined && { noDefault }) },
    ];
  }
  const lost = { ...below, within: place.within ?? at };
  for (const [name, property] of Object.entries(s.properties ?? {})) {
    const meta = (place.root || s['x-kubernetes-embedded-resource']) && META.has(name);
    yield [
      property,
      at.child('properties').key(name),
      meta ? { ...below, meta, ...(place.root && { noDefault: `in top-level ${name}` }) } : below,
    ];
  }
  if (s.not) yield [s.not, at.child('not'), restricted];
  for (const word of ['allOf', 'oneOf', 'anyOf'] as const)
    for (const [i, each] of (s[word] ?? []).entries()) yield [each, at.child(word).index(i), restricted];
  for (const [name, each] of Object.entries(s.definitions ?? {}))
    yield [each, at.child('definitions').key(name), restricted];
  const items = s['x-kubernetes-list-type'] === 'map' ? below : lost;
  if (Array.isArray(s.items))
    for (const [i, each] of s.items.entries()) yield [each, at.child('items').index(i), items];
  else if (s.items) yield [s.items, at.child('items'), items];
  for (const [name, each] of Object.entries(s.dependencies ?? {}))
    if (!Array.isArray(each)) yield [each, at.child('dependencies').key(name), restricted];
}

function validate(s: AnySchema, at: Path, place: Place): Errors {
  const errors: Errors = { schema: own(s, at, place), rules: [] };
  for (const child of children(s, at, place)) {
    const found = validate(...child);
    errors.schema.push(...found.schema);
    errors.rules.push(...found.rules);
  }
  // rules on a schema that is not good say nothing that helps
  if (place.rules && errors.schema.length === 0) errors.rules.push(...validateRuleExpressions(s, at, place));
  return errors;
}

/**
 * What a schema may use of OpenAPI v3 and of Kubernetes' extensions.
 * @param rules it is structural, so its rules are read too
 * @param kept it is what it was before
 */
export function validateOpenApi(schema: AnySchema, at: Path, rules: boolean, kept: boolean): FieldError[] {
  const costs = new RuleCosts(kept);
  const errors = validate(schema, at, { rules, root: true, times: 1, costs });
  return [...errors.schema, ...errors.rules, ...costs.errors(at)];
}
