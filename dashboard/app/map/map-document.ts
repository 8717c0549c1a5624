import type { Kind } from '../server/kind.ts';
import type { Relation } from './relations.ts';

/** Of each page of what an object leads to, and of what that leads to: a map of more is no map. */
const FIRST = 60;
const NEXT_FIRST = 8;

const REF = 'apiVersion kind metadata { name namespace uid ownerReferences { uid } }';
const ANY = `${REF} ... on Pod { status { phase } }`;

/** What is followed further than one step, by type: the way from what is asked to what it needs. */
const NEXT: Readonly<Record<string, readonly string[]>> = {
  Ingress: ['services'],
  Service: ['ingresses', 'pods'],
  Pod: ['services', 'node', 'claims'],
  PersistentVolumeClaim: ['volume'],
};

/** Types whose relations have to be known for a map whose object leads there. */
export const FOLLOWED = Object.keys(NEXT);

const refOf = (kind: Kind | undefined): string =>
  kind === undefined ? ANY : kind.type === 'Pod' ? `${REF} status { phase }` : REF;

/** The fields of relations, each under a name of its own. @param depth steps that are still made */
function select(
  relations: readonly Relation[],
  known: ReadonlyMap<string, readonly Relation[]>,
  first: number,
  depth: number,
): string {
  return relations
    .map(({ field, kind, many }) => {
      const next =
        (kind && depth > 0 && known.get(kind.type)?.filter((each) => NEXT[kind.type]?.includes(each.field))) || [];
      const inside = `${refOf(kind)} ${select(next, known, NEXT_FIRST, depth - 1)}`;
      return many
        ? `to_${field}: ${field}(first: ${first}) { ${first === FIRST ? 'totalCount ' : ''}items { ${inside} } }`
        : `to_${field}: ${field} { ${inside} }`;
    })
    .join(' ');
}

/** All of one object that its map shows. @param known the relations of types, of the object's own too */
function centreOf({ type }: Kind, known: ReadonlyMap<string, readonly Relation[]>): string {
  return `${REF}
    owners(depth: 10, readable: true) { ${ANY} }
    owned(depth: 5, first: 200) { totalCount items { ${ANY} } }
    usedBy(first: ${FIRST}) { totalCount items { ${ANY} } }
    ${select(known.get(type) ?? [], known, FIRST, 2)}`;
}

const variables = ({ namespaced }: Kind): string => (namespaced ? '$namespace: String, ' : '');
const place = ({ namespaced }: Kind): string => (namespaced ? 'namespace: $namespace, ' : '');

/** The map of an object that stays right. */
export const liveMap = (kind: Kind, known: ReadonlyMap<string, readonly Relation[]>): string => {
  const centre = centreOf(kind, known);
  return `subscription Map(${variables(kind)}$where: ${kind.type}Where) {
    live: ${kind.many}Live(${place(kind)}where: $where, first: 1) {
      type items { ${centre} } changes { type from to object { ${centre} } } totalCount resourceVersion
    }
  }`;
};

/** The same as it was, or of what cannot be watched. */
export const pastMap = (kind: Kind, known: ReadonlyMap<string, readonly Relation[]>): string =>
  `query Map(${variables(kind)}$name: String!, $asOf: String) {
    one: ${kind.one}(${place(kind)}name: $name, asOf: $asOf) { ${centreOf(kind, known)} }
  }`;
