import type { Kind } from '../kinds/kind.ts';
import type { KubeObject, ObjectMeta } from '../meta/object.ts';
import { parseFieldSelector, termsOf, type FieldTerm } from '../meta/fields.ts';
import { everything, parseLabelSelector, type Selector } from '../meta/labels.ts';
import { badRequest } from '../meta/status.ts';
import type { Having, Scope, Stored } from '../store/contract.ts';
import { attributesOf, type ResourceAttributes } from './authorization/attributes.ts';
import type { ListOptions, RequestContext, Target } from './contract.ts';
import type { Core } from './core.ts';

/** Which objects of a collection a list, watch or deletecollection is about. */
export interface Selection {
  scope: Scope;
  /** what of the selection the store has an index for: all that match have it */
  having?: Having;
  /** undefined: all of the scope */
  matches: ((stored: Stored) => boolean) | undefined;
}

const known = new WeakMap<object, ReadonlySet<string>>();

/** The field labels of a kind: those that its strategy yields for an empty object, and those that it lists. */
function fieldLabels(kind: Kind): ReadonlySet<string> {
  const { strategy } = kind.storage;
  let labels = known.get(strategy);
  if (!labels) {
    const empty: KubeObject = { metadata: {} as ObjectMeta, spec: {}, status: {} };
    const own = [...(strategy.fieldLabels ?? []), ...Object.keys(strategy.fields?.(empty) ?? {})];
    // kinds of cluster scope that list their labels themselves leave the namespace out
    const namespace = kind.namespaced || own.length === 0 || kind.custom ? ['metadata.namespace'] : [];
    labels = new Set(['metadata.name', ...namespace, ...own]);
    known.set(strategy, labels);
  }
  return labels;
}

/** The stored version's name of a field label. Throws 400 for one that the kind does not have. */
function storedLabel(kind: Kind, label: string): string {
  const { strategy } = kind.storage;
  const own = kind.convert?.fieldLabel ? kind.convert.fieldLabel(label) : label;
  const stored = own === undefined ? undefined : (strategy.currentFieldLabel?.(own) ?? own);
  if (stored !== undefined && fieldLabels(kind).has(stored)) return stored;
  if (strategy.unknownFieldLabel) throw badRequest(strategy.unknownFieldLabel(label));
  throw badRequest(
    strategy.fields || kind.custom
      ? `field label not supported: ${label}`
      : `${JSON.stringify(label)} is not a known field selector: only "metadata.name", "metadata.namespace"`,
  );
}

const valueOf = (stored: Stored, field: string): string =>
  field === 'metadata.name'
    ? stored.name
    : field === 'metadata.namespace'
      ? stored.namespace
      : (stored.fields?.[field] ?? '');

const termMatches = (stored: Stored, { field, operator, value }: FieldTerm): boolean =>
  (valueOf(stored, field) === value) === (operator === '=');

/** Throws 400 for selectors that cannot be read. */
export function selectionOf(target: Target, options: ListOptions): Selection {
  const { kind } = target;
  const labels: Selector = options.labelSelector ? parseLabelSelector(options.labelSelector) : everything;
  const given = options.fieldSelector ? parseFieldSelector(options.fieldSelector) : [];
  const terms = given.map((term) => ({ ...term, field: storedLabel(kind, term.field) }));
  if (
    target.name &&
    terms.length &&
    !terms.some((t) => t.field === 'metadata.name' && t.operator === '=' && t.value === target.name)
  )
    throw badRequest("fieldSelector metadata.name doesn't match requested name");
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
  const having = havingOf(labels, rest) ?? options.having;
  return { scope, matches: matcherOf(labels, rest), ...(having && { having }) };
}

/** Terms up to which each is asked in turn. */
const FEW = 8;

/** Terms of which there may be tens of thousands, about the few fields that a kind has. */
function fieldsMatch(terms: readonly FieldTerm[]): (stored: Stored) => boolean {
  if (terms.length <= FEW) return (stored) => terms.every((term) => termMatches(stored, term));
  const wanted = new Map<string, Set<string>>();
  const unwanted = new Map<string, Set<string>>();
  for (const { field, operator, value } of terms) {
    const of = operator === '=' ? wanted : unwanted;
    of.set(field, (of.get(field) ?? new Set()).add(value));
  }
  const [wants, nots] = [[...wanted], [...unwanted]];
  return (stored) =>
    wants.every(([field, values]) => values.size === 1 && values.has(valueOf(stored, field))) &&
    nots.every(([field, values]) => !values.has(valueOf(stored, field)));
}

function matcherOf(labels: Selector, terms: readonly FieldTerm[]): Selection['matches'] {
  const [only] = terms;
  if (labels.empty) {
    // one test and no more is what most selectors are, and it runs for each object of the collection
    if (!only) return undefined;
    if (terms.length === 1) return (stored) => termMatches(stored, only);
  }
  if (terms.length === 0) return (stored) => labels.matches(stored.labels);
  const fields = fieldsMatch(terms);
  return (stored) => labels.matches(stored.labels) && fields(stored);
}

/** The first demand for exact values. A field that an object does not have counts as '', which no index knows. */
function havingOf(labels: Selector, terms: readonly FieldTerm[]): Having | undefined {
  for (const { field, operator, value } of terms) {
    if (operator === '=' && value !== '' && !field.startsWith('metadata.')) return { field, values: [value] };
  }
  for (const { key, operator, values } of labels.requirements) {
    if (operator === '=' || operator === '==' || operator === 'in') return { label: key, values: [...new Set(values)] };
  }
  return undefined;
}

/** What a request for a collection needs: a right to all of it, or to the one name that its field selector demands. */
export function collectionAttributes(verb: string, target: Target, options: ListOptions): ResourceAttributes {
  return examined(verb, target, options).attributes;
}

/** The same, narrowed by what its field selector demands (KEP-4601): a selector that cannot be read demands nothing. */
export function selectedAttributes(
  verb: string,
  target: Target,
  { fieldSelector }: ListOptions,
  name = target.name,
): ResourceAttributes {
  const attributes = attributesOf(verb, target, name);
  const terms = fieldSelector ? termsOf(fieldSelector) : [];
  return terms.length ? { ...attributes, fieldSelector: terms } : attributes;
}

/**
 * The selection of a request that has been authorised for `verb`, which comes before anything that is wrong with it, and
 * the right that it was authorised by. Throws 403 and 400.
 */
export function authorizedSelection(
  core: Core,
  ctx: RequestContext,
  verb: string,
  target: Target,
  options: ListOptions,
): { selection: Selection; attributes: ResourceAttributes } {
  const { attributes, selection, wrong } = examined(verb, target, options);
  core.authorizer.requireAttributes(ctx, attributes);
  if (!selection) throw wrong;
  return { selection, attributes };
}

/** `wrong`: why there is no selection. */
function examined(
  verb: string,
  target: Target,
  options: ListOptions,
): { attributes: ResourceAttributes; selection?: Selection; wrong?: unknown } {
  const attributes = (selection?: Selection) =>
    selectedAttributes(verb, target, options, target.name || selection?.scope.name);
  try {
    const selection = selectionOf(target, options);
    return { attributes: attributes(selection), selection };
  } catch (wrong) {
    return { attributes: attributes(), wrong };
  }
}
