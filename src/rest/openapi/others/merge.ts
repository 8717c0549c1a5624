import { isDeepStrictEqual } from 'node:util';
import { isRecord } from '../../../meta/record.ts';
import type { Steps } from '../../../meta/steps.ts';
import type { Node } from '../definitions.ts';
import type { SecondDocument } from './documents.ts';
import { PLACES, referenceTo, renamed, type Place } from './references.ts';

const KINDS = 'x-kubernetes-group-version-kind';

/** What the documents of others add to this server's. */
export interface Added {
  paths: ReadonlyMap<string, Node>;
  definitions: ReadonlyMap<string, Node>;
  parameters: ReadonlyMap<string, Node>;
  /** for which kinds more a definition of this server stands */
  kinds: ReadonlyMap<string, readonly unknown[]>;
}

/** Without its kinds, and without descriptions: those of this server are in words of its own. */
function shape(node: unknown, isRoot = true): unknown {
  if (Array.isArray(node)) return node.map((item: unknown) => shape(item, false));
  if (!isRecord(node)) return node;
  return Object.fromEntries(
    Object.entries(node)
      .filter(([key, value]) => !(key === 'description' && typeof value === 'string') && !(isRoot && key === KINDS))
      .map(([key, value]) => [key, shape(value, false)]),
  );
}
const isSame = (a: Node, b: Node): boolean => isDeepStrictEqual(shape(a), shape(b));

/** The kinds of a definition, and those of these that it has not, in the order of their names. */
export function withKinds(node: Node, more: readonly unknown[]): Node {
  const own = Array.isArray(node[KINDS]) ? (node[KINDS] as unknown[]) : [];
  const nameOf = (kind: unknown): string => {
    const { group, version, kind: name } = (isRecord(kind) ? kind : {}) as Record<string, unknown>;
    return `${String(group)}/${String(version)}.${String(name)}`;
  };
  const byName = new Map([...more, ...own].map((kind) => [nameOf(kind), kind]));
  if (byName.size === own.length) return node;
  return { ...node, [KINDS]: [...byName].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, kind]) => kind) };
}

/**
 * One document after the other: a definition or parameter whose name is another's is renamed, unless both say the same.
 * Source: MergeSpecsIgnorePathConflictRenamingDefinitionsAndParameters of kube-openapi.
 * @param own the definition of this server that has the name
 */
export function* merge(documents: readonly SecondDocument[], own: (name: string) => Node | undefined): Steps<Added> {
  const added = { definitions: new Map<string, Node>(), parameters: new Map<string, Node>() };
  const paths = new Map<string, Node>();
  const kinds = new Map<string, unknown[]>();
  const known = (place: Place, name: string): Node | undefined =>
    (place === 'definitions' ? own(name) : undefined) ?? added[place].get(name);
  for (const document of documents) {
    const names = new Map<string, string>();
    for (const place of PLACES) {
      for (const [name, node] of document[place]) {
        const other = freeName(name, node, place, known, document);
        if (other !== name) names.set(referenceTo(place, name), referenceTo(place, other));
        yield;
      }
    }
    for (const place of PLACES) {
      for (const [name, node] of document[place]) {
        const reference = referenceTo(place, name);
        const called = (names.get(reference) ?? reference).slice(referenceTo(place, '').length);
        if (!known(place, called)) added[place].set(called, renamed(node, names));
        else if (Array.isArray(node[KINDS])) {
          const standing = added[place].get(called);
          if (standing) added[place].set(called, withKinds(standing, node[KINDS]));
          else kinds.set(called, [...(kinds.get(called) ?? []), ...(node[KINDS] as unknown[])]);
        }
        yield;
      }
    }
    for (const [path, node] of document.paths) {
      if (!paths.has(path)) paths.set(path, renamed(node, names));
      yield;
    }
  }
  return { ...added, paths, kinds };
}

/** The name itself, that of another that says the same, or one that nobody has. */
function freeName(
  name: string,
  node: Node,
  place: Place,
  known: (place: Place, name: string) => Node | undefined,
  document: SecondDocument,
): string {
  for (let i = 1, tried = name; ; tried = `${name}_v${++i}`) {
    const standing = known(place, tried);
    if (standing ? isSame(standing, node) : i === 1 || !document[place].has(tried)) return tried;
  }
}
