import type { Kind } from '../kinds/kind.ts';
import type { KubeObject } from '../meta/object.ts';
import { parseFieldSelector, type FieldTerm } from '../meta/fields.ts';
import { everything, parseLabelSelector, type Selector } from '../meta/labels.ts';
import { badRequest } from '../meta/status.ts';
import type { Having, Scope, Stored } from '../store/contract.ts';
import type { ListOptions, Target } from './contract.ts';

/** Which objects of a collection a list, watch or deletecollection is about. */
export interface Selection {
  scope: Scope;
  /** what of the selection the store has an index for: all that match have it */
  having?: Having;
  /** undefined: all of the scope */
  matches: ((stored: Stored) => boolean) | undefined;
}

const META_FIELDS = new Set(['metadata.name', 'metadata.namespace']);
const known = new WeakMap<object, ReadonlySet<string>>();

/** The field labels of a kind: those that its strategy yields for an empty object, and those that it lists. */
function fieldLabels(kind: Kind): ReadonlySet<string> {
  const { strategy } = kind.storage;
  let labels = known.get(strategy);
  if (!labels) {
    const empty = { metadata: {}, spec: {}, status: {} } as unknown as KubeObject;
    labels = new Set([...META_FIELDS, ...(strategy.fieldLabels ?? []), ...Object.keys(strategy.fields?.(empty) ?? {})]);
    known.set(strategy, labels);
  }
  return labels;
}

function checkLabel(kind: Kind, label: string): void {
  if (fieldLabels(kind).has(label)) return;
  throw badRequest(
    kind.storage.strategy.fields || kind.custom
      ? `field label not supported: ${label}`
      : `${JSON.stringify(label)} is not a known field selector: only "metadata.name", "metadata.namespace"`,
  );
}

const valueOf = (stored: Stored, field: string): string =>
  field === 'metadata.name' ? stored.name : field === 'metadata.namespace' ? stored.namespace : (stored.fields?.[field] ?? '');

const termMatches = (stored: Stored, { field, operator, value }: FieldTerm): boolean =>
  (valueOf(stored, field) === value) === (operator === '=');

/** Throws 400 for selectors that cannot be read. */
export function selectionOf(target: Target, options: ListOptions): Selection {
  const { kind } = target;
  const labels: Selector = options.labelSelector ? parseLabelSelector(options.labelSelector) : everything;
  const terms = options.fieldSelector ? parseFieldSelector(options.fieldSelector) : [];
  for (const { field } of terms) checkLabel(kind, field);
  const scope: Scope = { resource: kind.storage.key };
  if (kind.namespaced && target.namespace) scope.namespace = target.namespace;
  // an exact name needs no look at the others
  const rest = terms.filter(({ field, operator, value }) => {
    if (field !== 'metadata.name' || operator !== '=' || scope.name !== undefined || value === '') return true;
    scope.name = value;
    return false;
  });
  if (target.name && scope.name === undefined) scope.name = target.name;
  else if (target.name && scope.name !== target.name) return { scope, matches: () => false };
  const having = havingOf(labels, rest);
  return { scope, matches: matcherOf(labels, rest, options.filter), ...(having && { having }) };
}

function matcherOf(labels: Selector, terms: readonly FieldTerm[], filter: ListOptions['filter']): Selection['matches'] {
  const [only] = terms;
  if (labels.empty && !filter) {
    // one test and no more is what most selectors are, and it runs for each object of the collection
    if (!only) return undefined;
    if (terms.length === 1) return (stored) => termMatches(stored, only);
  }
  if (terms.length === 0 && !filter) return (stored) => labels.matches(stored.labels);
  return (stored) =>
    labels.matches(stored.labels) &&
    terms.every((term) => termMatches(stored, term)) &&
    (!filter || filter(stored.object as unknown as KubeObject));
}

/** The first demand for exact values. A field that an object does not have counts as '', which no index knows. */
function havingOf(labels: Selector, terms: readonly FieldTerm[]): Having | undefined {
  for (const { field, operator, value } of terms) {
    if (operator === '=' && value !== '' && !META_FIELDS.has(field)) return { field, values: [value] };
  }
  for (const { key, operator, values } of labels.requirements) {
    if (operator === '=' || operator === '==' || operator === 'in') return { label: key, values: [...new Set(values)] };
  }
  return undefined;
}

/** The name that a request for a collection is about for authorisation: the one that its field selector demands. */
export const selectedName = (selection: Selection): string => selection.scope.name ?? '';
