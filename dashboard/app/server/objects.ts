import type { Place } from '../kinds/facet.ts';
import type { Kind } from './kind.ts';

/** Of an object's metadata what a row and a heading need. */
export interface Metadata {
  name: string;
  namespace: string | null;
  uid: string;
  creationTimestamp: string | null;
  deletionTimestamp: string | null;
}

export interface Row {
  metadata: Metadata;
  /** as `columns` of the kind has them */
  cells: readonly Cell[];
  /** what else was asked for, by its name in `extra` */
  [extra: `x${number}`]: unknown;
}
export type Cell = string | number | boolean | null;

const ROW = 'metadata { name namespace uid creationTimestamp deletionTimestamp } cells';

/** The words of the arguments of a list, in one document for all kinds. */
const variablesOf = ({ type, namespaced }: Kind): string =>
  `${namespaced ? '$namespaces: [String!], ' : ''}$labelSelector: String, $where: ${type}Where, $orderBy: [${type}Field!], $first: Int`;
const argumentsOf = ({ namespaced }: Kind): string =>
  `${namespaced ? 'namespaces: $namespaces, ' : ''}labelSelector: $labelSelector, where: $where, orderBy: $orderBy, first: $first`;

/** A list of a kind that stays right. @param extra further fields of a row */
export const liveDocument = (kind: Kind, extra = ''): string => `subscription Live(${variablesOf(kind)}) {
  live: ${kind.many}Live(${argumentsOf(kind)}) {
    type
    items { ${ROW} ${extra} }
    changes { type from to object { ${ROW} ${extra} } }
    totalCount
    resourceVersion
  }
}`;

/** The same list as it was. */
export const pastDocument = (kind: Kind, extra = ''): string => `query Past(${variablesOf(kind)}, $asOf: String) {
  page: ${kind.many}(${argumentsOf(kind)}, asOf: $asOf) {
    items { ${ROW} ${extra} }
    totalCount
    resourceVersion
  }
}`;

/** In the path of an object that has no namespace. */
export const NO_NAMESPACE = '_';

/** Where an object's page is. @param resource `pods`, `deployments.apps` */
export const objectPath = (resource: string, { namespace, name }: Place): string =>
  `/kinds/${resource}/${namespace ?? NO_NAMESPACE}/${encodeURIComponent(name)}`;
