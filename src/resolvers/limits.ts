import {
  Kind,
  getNamedType,
  isInterfaceType,
  isObjectType,
  type DocumentNode,
  type FieldNode,
  type GraphQLError,
  type GraphQLNamedType,
  type GraphQLSchema,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql';
import { limitOfDocument, type LimitName } from './limit-error.ts';
import { fragmentsOf, overExpansion, type ExpansionLimits, type Fragments } from './expansion.ts';
import { DEFAULT_FIRST } from './where/paging.ts';

/** What a document may ask for. All are on by default; a request over one of them is refused before it is executed. */
export interface Limits extends ExpansionLimits {
  /** tokens of the document's text */
  tokens: number;
  /** characters of the document's text */
  length: number;
  /** brackets of all sorts inside each other, in the document's text: the parser calls itself for each */
  nesting: number;
  /** operations and fragments of the document */
  definitions: number;
  /** aliases in the document: each makes the server do a field once more */
  aliases: number;
  /** fields of a root type in one operation, those of its fragments counted */
  rootFields: number;
  /** fields that execution may produce, lists counted by their page size */
  cost: number;
  /** operations in one HTTP request */
  batch: number;
}

export const DEFAULT_LIMITS: Limits = {
  tokens: 6_000,
  length: 128 * 1024,
  nesting: 200,
  depth: 24,
  fields: 10_000,
  comparisons: 20_000,
  definitions: 250,
  aliases: 100,
  rootFields: 50,
  cost: 2_000_000,
  batch: 10,
};

/** Items that a relation's list is taken to have when it is not asked for pages: its real length is known only when it is read. */
const RELATION_ITEMS = 20;

/**
 * Which of its limits a document is over; undefined: none. No rule of validation: that walks the document with all that
 * there is to know of it, and these are of its text alone.
 */
export function overLimits(document: DocumentNode, limits: Limits): GraphQLError | undefined {
  const fault = (limit: LimitName & keyof Limits, what: string, node?: FieldNode | OperationDefinitionNode) =>
    limitOfDocument(limit, limits[limit], what, node);
  if (document.definitions.length > limits.definitions)
    return fault('definitions', `more than ${limits.definitions} operations and fragments`);
  const fragments = fragmentsOf(document);
  for (const node of document.definitions) {
    if (node.kind !== Kind.OPERATION_DEFINITION) continue;
    if (depthOf(node.selectionSet, fragments, new Map(), limits.depth) > limits.depth)
      return fault('depth', `deeper than ${limits.depth} fields`, node);
    if (rootFieldsOf(node.selectionSet, fragments) > limits.rootFields)
      return fault('rootFields', `more than ${limits.rootFields} fields of the root`, node);
  }
  const alias = aliasBeyond(document, limits.aliases);
  return alias ? fault('aliases', `more than ${limits.aliases} aliases`, alias) : overExpansion(document, limits);
}

/** The first field with an alias behind so many of them. */
function aliasBeyond({ definitions }: DocumentNode, count: number): FieldNode | undefined {
  let aliases = 0;
  const look = (set: SelectionSetNode): FieldNode | undefined => {
    for (const selection of set.selections) {
      if (selection.kind === Kind.FIELD && selection.alias && ++aliases > count) return selection;
      const inside = 'selectionSet' in selection && selection.selectionSet && look(selection.selectionSet);
      if (inside) return inside;
    }
    return undefined;
  };
  for (const definition of definitions) {
    const found = 'selectionSet' in definition && look(definition.selectionSet);
    if (found) return found;
  }
  return undefined;
}

/** Fields of an operation's root, those of fragments counted; a fragment that is spread again adds nothing. */
function rootFieldsOf(set: SelectionSetNode, fragments: Fragments, spread = new Set<string>()): number {
  let count = 0;
  for (const selection of set.selections) {
    if (selection.kind === Kind.FIELD) count++;
    else if (selection.kind === Kind.INLINE_FRAGMENT) count += rootFieldsOf(selection.selectionSet, fragments, spread);
    else if (!spread.has(selection.name.value)) {
      spread.add(selection.name.value);
      const fragment = fragments.get(selection.name.value);
      if (fragment) count += rootFieldsOf(fragment.selectionSet, fragments, spread);
    }
  }
  return count;
}

/** Brackets, and what hides brackets: texts and comments. */
const BRACKETS = /[[({\])}]|"""(?:\\"""|[^])*?(?:"""|$)|"(?:\\.|[^"\\\n])*"?|#.*/g;

/** How many brackets of a document are inside each other at the most. */
export function nestingOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  for (const [found] of text.matchAll(BRACKETS)) {
    if (found === '[' || found === '(' || found === '{') deepest = Math.max(deepest, ++depth);
    else if (found === ']' || found === ')' || found === '}') depth--;
  }
  return deepest;
}

/** Each fragment is measured once, so a document that nests fragments in fragments costs no more than its size. */
function depthOf(
  set: SelectionSetNode,
  fragments: Fragments,
  known: Map<string, number>,
  limit: number,
  at = 0,
): number {
  if (at > limit) return 1;
  let deepest = 0;
  for (const selection of set.selections) {
    let depth = 0;
    if (selection.kind === Kind.FIELD) {
      if (selection.name.value.startsWith('__')) continue;
      depth = 1 + (selection.selectionSet ? depthOf(selection.selectionSet, fragments, known, limit, at + 1) : 0);
    } else if (selection.kind === Kind.INLINE_FRAGMENT)
      depth = depthOf(selection.selectionSet, fragments, known, limit, at);
    else {
      const name = selection.name.value;
      if (!known.has(name)) {
        known.set(name, 0);
        const fragment = fragments.get(name);
        if (fragment) known.set(name, depthOf(fragment.selectionSet, fragments, known, limit, 0));
      }
      depth = known.get(name)!;
    }
    deepest = Math.max(deepest, depth);
  }
  return deepest;
}

type Variables = Readonly<Record<string, unknown>>;

/**
 * Fields that executing an operation may produce, by its variables: a connection's by `first`, a relation's list by a
 * guess. The lists inside an object are as long as the object is: they are not the request's doing. The document is
 * walked once, and what is left for each request is the sum of the parts whose page size is a variable.
 */
export function costOf(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
): (variables: Variables) => number {
  const fragments = fragmentsOf(document);
  const known = new Map<string, Cost>();
  const root = schema.getRootType(operation.operation) ?? undefined;
  const cost = (set: SelectionSetNode, type: GraphQLNamedType | undefined): Cost =>
    sum(
      set.selections.map((selection): Cost => {
        if (selection.kind === Kind.INLINE_FRAGMENT)
          return cost(
            selection.selectionSet,
            selection.typeCondition ? schema.getType(selection.typeCondition.name.value) : type,
          );
        if (selection.kind === Kind.FRAGMENT_SPREAD) {
          const name = selection.name.value;
          if (!known.has(name)) {
            known.set(name, 0);
            const fragment = fragments.get(name);
            if (fragment)
              known.set(name, once(cost(fragment.selectionSet, schema.getType(fragment.typeCondition.name.value))));
          }
          return known.get(name)!;
        }
        const field = isObjectType(type) || isInterfaceType(type) ? type.getFields()[selection.name.value] : undefined;
        const next = field && getNamedType(field.type);
        const inner = selection.selectionSet ? cost(selection.selectionSet, next) : 0;
        const paged = field?.args.some((arg) => arg.name === 'first') ?? false;
        return withItems(inner, paged ? pageOf(selection, type === root ? DEFAULT_FIRST : RELATION_ITEMS) : 1);
      }),
    );
  const whole = cost(operation.selectionSet, root);
  return (variables) => valueOf(whole, { variables, known: new Map() });
}

/** One request; `known`: what fragments cost in it, each of which is reckoned once however often it is spread. */
interface Reckoning {
  readonly variables: Variables;
  readonly known: Map<Cost, number>;
}
/** A number where no variable is in it. */
type Cost = number | ((reckoning: Reckoning) => number);
const valueOf = (cost: Cost, reckoning: Reckoning): number => (typeof cost === 'number' ? cost : cost(reckoning));

function once(cost: Cost): Cost {
  if (typeof cost === 'number') return cost;
  return (reckoning) => {
    let value = reckoning.known.get(cost);
    if (value === undefined) reckoning.known.set(cost, (value = cost(reckoning)));
    return value;
  };
}

function sum(costs: readonly Cost[]): Cost {
  let fixed = 0;
  const others: Exclude<Cost, number>[] = [];
  for (const cost of costs) {
    if (typeof cost === 'number') fixed += cost;
    else others.push(cost);
  }
  return others.length ? (reckoning) => others.reduce((total, other) => total + other(reckoning), fixed) : fixed;
}

/** A field, and what is inside it once for each of its items. */
const withItems = (inner: Cost, items: Cost): Cost =>
  typeof inner === 'number' && typeof items === 'number'
    ? 1 + inner * items
    : (reckoning) => 1 + valueOf(inner, reckoning) * valueOf(items, reckoning);

/** @param otherwise items of a page when its size is not given */
function pageOf(field: FieldNode, otherwise: number): Cost {
  const size = (given: unknown): number => (typeof given === 'number' ? Math.max(1, given) : otherwise);
  const argumentOf = (name: string): Cost | undefined => {
    const value = field.arguments?.find((argument) => argument.name.value === name)?.value;
    if (value?.kind === Kind.VARIABLE) return ({ variables }) => size(variables[value.name.value]);
    return value?.kind === Kind.INT ? size(Number(value.value)) : undefined;
  };
  return argumentOf('first') ?? argumentOf('last') ?? otherwise;
}
