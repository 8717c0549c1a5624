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

function unsupported(s: AnySchema, at: Path, place: Place, errors: FieldError[]): void {
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
}

function own(s: AnySchema, at: Path, place: Place, errors: FieldError[]): void {
  unsupported(s, at, place, errors);
  if (
    s.additionalProperties !== undefined &&
    s.additionalProperties !== true &&
    Object.keys(s.properties ?? {}).length
  ) {
    errors.push(
      forbidden(at.child('additionalProperties'), 'additionalProperties and properties are mutual exclusive'),
    );
  }
  if (s['x-kubernetes-preserve-unknown-fields'] === false) {
    errors.push(invalid(at.child('x-kubernetes-preserve-unknown-fields'), false, 'must be true or undefined'));
  }
  append(errors, validateTopology(s, at));
  append(errors, validateRuleForms(s, at));
}

/** Not by a spread: a call has fewer arguments than a schema may have mistakes. */
function append(errors: FieldError[], more: readonly FieldError[]): void {
  for (const error of more) errors.push(error);
}

/** How often what is in a value may stand in it, by what its schema says; undefined where it says nothing. */
function timesWithin({ type, additionalProperties, maxProperties, maxItems }: AnySchema): number | undefined {
  const bound = (most: number | undefined): number | undefined => (most === undefined ? undefined : Math.max(0, most));
  if (type === 'array') return bound(maxItems);
  return type === 'object' && additionalProperties !== undefined ? bound(maxProperties) : 1;
}

type Each = (schema: AnySchema, at: Path, place: Place) => void;

/**
 * The schemas right below one, each with its path and what holds there. There are thousands in a definition, most of
 * them without anything below: nothing is made for what is not there.
 */
function eachBelow(s: AnySchema, at: Path, place: Place, each: Each): void {
  const within = timesWithin(s);
  const times = place.times === undefined || within === undefined ? undefined : place.times * within;
  const below: Place = times === place.times && !place.root ? place : { ...place, root: false, times };
  const { properties, additionalProperties, items } = s;
  if (typeof additionalProperties === 'object') {
    const noDefault = place.meta ? 'inside additionalProperties applying to object metadata' : undefined;
    each(additionalProperties, at.child('additionalProperties'), noDefault ? { ...below, noDefault } : below);
  }
  if (properties) {
    const checked = place.root || s['x-kubernetes-embedded-resource'];
    const here = at.child('properties');
    for (const name of Object.keys(properties)) {
      const meta = checked && META.has(name);
      const there = meta ? { ...below, meta, ...(place.root && { noDefault: `in top-level ${name}` }) } : below;
      each(properties[name]!, here.key(name), there);
    }
  }
  restrictedBelow(s, at, below, each);
  if (items) {
    const there = s['x-kubernetes-list-type'] === 'map' || below.within ? below : { ...below, within: at };
    if (Array.isArray(items)) items.forEach((one, i) => each(one, at.child('items').index(i), there));
    else each(items, at.child('items'), there);
  }
  for (const [name, one] of Object.entries(s.dependencies ?? {}))
    if (!Array.isArray(one)) each(one, at.child('dependencies').key(name), { ...below, rules: false });
}

/** What only restricts what is said elsewhere. */
function restrictedBelow(s: AnySchema, at: Path, below: Place, each: Each): void {
  const { not, allOf, oneOf, anyOf, definitions } = s;
  if (!(not || allOf || oneOf || anyOf || definitions)) return;
  const restricted: Place = { ...below, rules: false };
  if (not) each(not, at.child('not'), restricted);
  for (const [word, some] of Object.entries({ allOf, oneOf, anyOf }))
    some?.forEach((one, i) => each(one, at.child(word).index(i), restricted));
  for (const [name, one] of Object.entries(definitions ?? {})) each(one, at.child('definitions').key(name), restricted);
}

function validate(s: AnySchema, at: Path, place: Place, errors: Errors): void {
  const before = errors.schema.length;
  own(s, at, place, errors.schema);
  eachBelow(s, at, place, (one, there, holds) => validate(one, there, holds, errors));
  // rules on a schema that is not good say nothing that helps
  if (place.rules && errors.schema.length === before) append(errors.rules, validateRuleExpressions(s, at, place));
}

/**
 * What a schema may use of OpenAPI v3 and of Kubernetes' extensions.
 * @param rules it is structural, so its rules are read too
 * @param kept it is what it was before
 */
export function validateOpenApi(schema: AnySchema, at: Path, rules: boolean, kept: boolean): FieldError[] {
  const costs = new RuleCosts(kept);
  const errors: Errors = { schema: [], rules: [] };
  validate(schema, at, { rules, root: true, times: 1, costs }, errors);
  return [...errors.schema, ...errors.rules, ...costs.errors(at)];
}
