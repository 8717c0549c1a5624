import type { Kind } from './kind.ts';

/** What may be done with the objects of a kind in a place: `get`, `delete`, `create exec`. */
export type Rights = ReadonlySet<string>;

/** No right, as of what is not known yet: a page offers what its user may do, and asks for nothing else. */
export const NO_RIGHTS: Rights = new Set();

const aliasOf = (place: number, subresource: string): string =>
  subresource ? `n${place}_${subresource.replaceAll(/\W/g, '_')}` : `n${place}`;

/** Asks for the rights to kinds and their subresources in so many namespaces, `$n0` and so on. */
export function rightsDocument(kinds: readonly Pick<Kind, 'subresources'>[], namespaces: number): string {
  const subresources = ['', ...new Set(kinds.flatMap((kind) => kind.subresources))];
  const places = Array.from({ length: namespaces }, (_, place) => place);
  const fields = places.flatMap((place) =>
    subresources.map(
      (sub) => `${aliasOf(place, sub)}: rights(namespace: $n${place}${sub && `, subresource: ${JSON.stringify(sub)}`})`,
    ),
  );
  return `query Rights($resources: [String!], ${places.map((place) => `$n${place}: String`).join(', ')}) {
  kinds(preferred: true, resources: $resources) {
    resource
    ${fields.join('\n    ')}
  }
}`;
}

const isReading = (right: string): boolean => /^(get|list|watch)\b/.test(right);

/**
 * The rights that one has in each of so many namespaces.
 * @param answer of rightsDocument, for the kind
 * @param writes whether the session may write at all
 */
export function rightsIn(
  { subresources }: Pick<Kind, 'subresources'>,
  answer: Readonly<Record<string, readonly string[]>>,
  namespaces: number,
  writes: boolean,
): Rights {
  const at = (place: number): string[] =>
    ['', ...subresources].flatMap((sub) =>
      (answer[aliasOf(place, sub)] ?? []).map((verb) => (sub ? `${verb} ${sub}` : verb)),
    );
  const [first = [], ...others] = Array.from({ length: namespaces }, (_, place) => at(place));
  return new Set(
    first.filter((right) => (writes || isReading(right)) && others.every((other) => other.includes(right))),
  );
}
