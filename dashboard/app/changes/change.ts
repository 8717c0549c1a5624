/** What a write changes of one field, as the server tells it. */
export interface FieldChange {
  /** none: the whole object comes or goes */
  path: string;
  op: string;
  from: unknown;
  to: unknown;
}

export const FIELD_CHANGE = 'path op from to';

export const CHANGE_FIELDS = `revision at type verb user impersonator manager facade client ofCluster resource kind namespace name changeSet
        diff { ${FIELD_CHANGE} }`;

export interface Change {
  revision: string;
  at: string;
  type: string;
  verb: string;
  user: string;
  impersonator: string | null;
  manager: string;
  facade: string | null;
  client: string | null;
  /** whether one of the cluster's own parts has made it */
  ofCluster: boolean;
  resource: string;
  kind: string;
  namespace: string | null;
  name: string;
  changeSet: string;
  diff: readonly FieldChange[] | null;
}

export const CHANGES = `query Changes(
  $namespaces: [String!], $user: String, $kinds: [String!], $first: Int, $after: String, $until: Time
) {
  changes(namespaces: $namespaces, user: $user, kinds: $kinds, first: $first, after: $after, until: $until) {
    items {
        ${CHANGE_FIELDS}
    }
    continue
  }
}`;

/** The moment of a page: a revision, or a time. */
export function momentOf(at: string | undefined): { revision?: bigint; until?: string } {
  if (at === undefined) return {};
  return /^\d+$/.test(at) ? { revision: BigInt(at) } : { until: at };
}

/** Whether a change tells nothing but how an object does. */
export const isOfStatus = ({ verb, diff }: Pick<Change, 'verb' | 'diff'>): boolean =>
  verb === 'status' || (diff !== null && diff.length > 0 && diff.every(({ path }) => path.startsWith('status.')));
