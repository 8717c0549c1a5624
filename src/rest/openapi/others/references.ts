import { isRecord } from '../../../meta/record.ts';
import type { Node } from '../definitions.ts';

/** The places of a document of version 2 that something else in it refers to. */
export const PLACES = ['definitions', 'parameters'] as const;
export type Place = (typeof PLACES)[number];
type Named = Readonly<Record<Place, ReadonlyMap<string, Node>>>;

/** Adds what a node refers to in the document that it is in, as `#/definitions/NAME`. */
export function addReferences(node: unknown, to: Set<string>): void {
  if (Array.isArray(node)) for (const item of node) addReferences(item, to);
  else if (isRecord(node))
    for (const [key, value] of Object.entries(node))
      if (key === '$ref' && typeof value === 'string') to.add(value);
      else addReferences(value, to);
}

/** All that these refer to, and what that refers to. */
export function reached(from: Iterable<unknown>, named: Named): Set<string> {
  const found = new Set<string>();
  for (const node of from) addReferences(node, found);
  // a set is walked to its end, what is added meanwhile included
  for (const reference of found) {
    const [, place, name] = /^#\/(definitions|parameters)\/(.*)$/s.exec(reference) ?? [];
    if (place) addReferences(named[place as Place].get(name ?? ''), found);
  }
  return found;
}

export const referenceTo = (place: Place, name: string): string => `#/${place}/${name}`;

/** The node with other names where it refers to some of these; itself, where it does not. */
export function renamed<T>(node: T, names: ReadonlyMap<string, string>): T;
export function renamed(node: unknown, names: ReadonlyMap<string, string>): unknown {
  if (Array.isArray(node)) {
    const items = node.map((item: unknown) => renamed(item, names));
    return items.some((item, i) => item !== node[i]) ? items : node;
  }
  if (!isRecord(node)) return node;
  const fields = Object.entries(node).map(([key, value]) => [
    key,
    key === '$ref' && typeof value === 'string' ? (names.get(value) ?? value) : renamed(value, names),
  ]);
  const changed = fields.some(([key, value]) => node[key as string] !== value);
  return changed ? (Object.fromEntries(fields) as Node) : node;
}
