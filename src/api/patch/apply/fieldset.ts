import { parseExact, stringifyExact } from '../../../go/json-numbers.ts';
import type { FieldsV1 } from '../../../meta/object.ts';

/**
 * A set of field paths. It is the FieldsV1 form itself: a trie whose edges are path elements (`f:name`,
 * `k:{"name":"x"}`, `v:"value"`, `i:0`), where `.` or having no children marks a node as a member. So what is stored
 * needs neither parsing nor formatting. Sets are values: no function changes its arguments, and results share parts
 * with them. `{}` as a whole is the empty set. Source: KEP-555, sigs.k8s.io/structured-merge-diff/fieldpath.
 */
export type FieldSet = FieldsV1;

/** A member without children; shared by all sets. */
export const LEAF: FieldSet = Object.freeze({});
export const EMPTY: FieldSet = LEAF;

export function isEmptySet(set: FieldSet): boolean {
  for (const _ in set) return false;
  return true;
}
const isLeaf = isEmptySet;
const isMember = (node: FieldSet): boolean => node['.'] !== undefined || isLeaf(node);

/** `{".":{}}` alone says no more than `{}`. */
function normal(node: FieldSet): FieldSet {
  let count = 0;
  for (const _ in node) if (++count > 1) return node;
  return count === 1 && node['.'] !== undefined ? LEAF : node;
}

const withMember = (node: FieldSet): FieldSet => (isMember(node) ? node : { '.': LEAF, ...node });

function unionNode(a: FieldSet, b: FieldSet): FieldSet {
  if (a === b) return a;
  if (isLeaf(a)) return withMember(b);
  if (isLeaf(b)) return withMember(a);
  let out: FieldSet | undefined;
  for (const element in b) {
    const left = a[element];
    const merged = left === undefined ? b[element]! : unionNode(left, b[element]!);
    if (merged !== left) (out ??= { ...a })[element] = merged;
  }
  return out ?? a;
}

export function union(a: FieldSet, b: FieldSet): FieldSet {
  if (isEmptySet(a)) return b;
  return isEmptySet(b) ? a : unionNode(a, b);
}

/** What is left of a node; undefined when nothing is. `deep`: a member of b takes all below it with it. */
function differenceNode(a: FieldSet, b: FieldSet, deep: boolean, root: boolean): FieldSet | undefined {
  const member = !root && isMember(b);
  if (member && deep) return undefined;
  if (isLeaf(a)) return member ? undefined : a;
  let out: FieldSet | undefined;
  for (const element in a) {
    const child = a[element]!;
    const left = element === '.' ? (member ? undefined : child) : leftOf(child, b[element], deep);
    // what is taken away is left out rather than deleted: that would be slow for a wide node, and all who read it
    if (left !== child) out ??= before(a, element);
    if (out && left !== undefined) out[element] = left;
  }
  if (!out) return a;
  return isLeaf(out) ? undefined : normal(out);
}

const leftOf = (child: FieldSet, right: FieldSet | undefined, deep: boolean): FieldSet | undefined =>
  right === undefined ? child : differenceNode(child, right, deep, false);

/** The part of a node that comes before an element. */
function before(node: FieldSet, end: string): FieldSet {
  const out: FieldSet = {};
  for (const element in node) {
    if (element === end) break;
    out[element] = node[element]!;
  }
  return out;
}

/** Members of a that are not members of b. The very same a when there is nothing to take away. */
export const difference = (a: FieldSet, b: FieldSet): FieldSet =>
  isEmptySet(a) || isEmptySet(b) ? a : (differenceNode(a, b, false, true) ?? EMPTY);

/** As `difference`, and without what lies below a member of b. */
export const recursiveDifference = (a: FieldSet, b: FieldSet): FieldSet =>
  isEmptySet(a) || isEmptySet(b) ? a : (differenceNode(a, b, true, true) ?? EMPTY);

function intersectionNode(a: FieldSet, b: FieldSet, root: boolean): FieldSet | undefined {
  const member = !root && isMember(a) && isMember(b);
  let out: FieldSet | undefined;
  for (const element in a) {
    if (element === '.' || b[element] === undefined) continue;
    const both = intersectionNode(a[element]!, b[element]!, false);
    if (both) (out ??= member ? { '.': LEAF } : {})[element] = both;
  }
  return out ?? (member ? LEAF : undefined);
}

export const intersection = (a: FieldSet, b: FieldSet): FieldSet =>
  isEmptySet(a) || isEmptySet(b) ? EMPTY : (intersectionNode(a, b, true) ?? EMPTY);

/** Whether the path, as a list of elements, is a member. */
export function hasPath(set: FieldSet, path: readonly string[]): boolean {
  let node: FieldSet | undefined = set;
  for (const element of path) if (!(node = node[element])) return false;
  return path.length > 0 && isMember(node);
}

/** All members, parents before children, in the order of the set. */
export function members(set: FieldSet): string[][] {
  const out: string[][] = [];
  const walk = (node: FieldSet, path: string[]): void => {
    if (path.length && isMember(node)) out.push(path);
    for (const element in node) if (element !== '.') walk(node[element]!, [...path, element]);
  };
  walk(set, []);
  return out;
}

/** Members below which there is no other member. */
export const leaves = (set: FieldSet): FieldSet => {
  const walk = (node: FieldSet): FieldSet => {
    if (isLeaf(node)) return LEAF;
    const out: FieldSet = {};
    for (const element in node) if (element !== '.') out[element] = walk(node[element]!);
    return out;
  };
  return walk(set);
};

/** The set that has these paths (lists of elements) as members. */
export function setOfPaths(paths: readonly (readonly string[])[]): FieldSet {
  let set: FieldSet = EMPTY;
  for (const path of paths)
    set = union(
      set,
      [...path].reverse().reduce<FieldSet>((node, element) => ({ [element]: node }), LEAF),
    );
  return set;
}

export function sameSet(a: FieldSet, b: FieldSet): boolean {
  if (a === b) return true;
  let count = 0;
  for (const element in a) {
    if (b[element] === undefined || !sameSet(a[element]!, b[element])) return false;
    count++;
  }
  for (const _ in b) count--;
  return count === 0;
}

const RANK: Readonly<Record<string, number>> = { '.': 0, f: 1, k: 2, v: 3, i: 4 };
const compareElements = (a: string, b: string): number =>
  a[0] === b[0] ? (a < b ? -1 : a > b ? 1 : 0) : RANK[a[0]!]! - RANK[b[0]!]!;

/** By their texts, which is much faster than by a function, and is the order but for indexes, which come last. */
function sortElements(elements: string[]): string[] {
  elements.sort();
  const first = elements.findIndex((element) => element.startsWith('i'));
  if (first < 0) return elements;
  const end = elements.findIndex((element, at) => at > first && !element.startsWith('i'));
  return end < 0 ? elements : [...elements.slice(0, first), ...elements.slice(end), ...elements.slice(first, end)];
}

/** The elements of a node in their order; undefined where they are in it. */
function inOrder(node: FieldSet): string[] | undefined {
  let last = '.';
  for (const element in node) {
    if (compareElements(last, element) > 0) return sortElements(Object.keys(node));
    last = element;
  }
  return undefined;
}

/** The same set in the order in which Kubernetes writes it: fields, keys, values, indexes. */
export function sortedSet(set: FieldSet): FieldSet {
  if (isLeaf(set)) return set;
  const elements = inOrder(set);
  let out: FieldSet | undefined = elements && {};
  for (const element of elements ?? Object.keys(set)) {
    const child = set[element]!;
    const sorted = sortedSet(child);
    if (sorted !== child) out ??= before(set, element);
    if (out) out[element] = sorted;
  }
  return out ?? set;
}

const MAX_DEPTH = 200;

/**
 * Checks that a value of a client is a FieldsV1, leaves out elements of sorts that are not known, and brings keys and values to the one form that is compared.
 * Returns undefined where it is none.
 */
export function parseFields(value: unknown, depth = 0): FieldSet | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || depth > MAX_DEPTH) return undefined;
  const node = value as FieldSet;
  let out: FieldSet | undefined;
  for (const element in node) {
    if (isUnknown(element)) {
      out ??= { ...node };
      delete out[element];
      continue;
    }
    const form = parseElement(element);
    const child = form === undefined ? undefined : parseFields(node[element], depth + 1);
    if (child === undefined) return undefined;
    if (form !== element) {
      out ??= { ...node };
      delete out[element];
    }
    if (child !== node[element] || form !== element) (out ??= { ...node })[form!] = child;
  }
  return out ?? node;
}

/** A sort of element that may come one day, which is left out. */
const isUnknown = (element: string): boolean => element[1] === ':' && !'fkvi'.includes(element[0]!);

function parseElement(element: string): string | undefined {
  if (element === '.' || element.startsWith('f:')) return element;
  if (/^i:-?\d+$/.test(element)) return element;
  const kind = element.slice(0, 2);
  if (kind !== 'k:' && kind !== 'v:') return undefined;
  try {
    const parsed: unknown = parseExact(element.slice(2));
    if (kind === 'v:') return `v:${stringifyExact(parsed)}`;
    if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return undefined;
    const names = Object.keys(parsed).sort();
    const keys = parsed as Record<string, unknown>;
    return `k:{${names.map((name) => `${JSON.stringify(name)}:${stringifyExact(keys[name])}`).join(',')}}`;
  } catch {
    return undefined;
  }
}
