import { PAGE_INFO } from '../where/connection-type.ts';
import { ARGUMENTS } from '../argument-texts.ts';
import {
  GraphQLInt,
  GraphQLList,
  GraphQLNonNull,
  GraphQLObjectType,
  GraphQLString,
  type GraphQLOutputType,
} from 'graphql';
import type { GraphQLFieldConfigArgumentMap } from 'graphql';
import type { OperationContext } from '../context.ts';
import type { KindTypes } from '../schema/kind-types.ts';
import { badRequest } from '../../meta/status.ts';
import { parseLabelSelector } from '../../meta/labels.ts';
import type { KubeObject } from '../../meta/object.ts';
import { hasWebhook } from '../../api/conversion/stored-version.ts';
import { unlessFailed } from '../converted.ts';
import { selectOptions } from '../targets.ts';
import { wholeObject } from '../whole.ts';
import { compileWhere } from '../where/compile-where.ts';
import { DEFAULT_FIRST, MAX_FIRST } from '../where/paging.ts';
import type { OfKind } from './from.ts';
import type { Snapshot } from './snapshot.ts';

/** The arguments of a list of objects of several kinds. */
export interface MixedArguments {
  labelSelector?: string | null | undefined;
  where?: unknown;
  first?: number | null | undefined;
  after?: string | null | undefined;
}

export const mixedArguments = ({ scalars }: KindTypes): GraphQLFieldConfigArgumentMap => ({
  labelSelector: { type: GraphQLString, description: ARGUMENTS.labelSelector },
  where: { type: scalars.any, description: 'A filter as JSON, of fields that all these kinds have.' },
  first: { type: GraphQLInt, description: ARGUMENTS.first },
  after: { type: GraphQLString, description: '`endCursor` of the page before, in the same state' },
});

/** A page of a list of objects of several kinds. */
interface MixedPage {
  items: readonly KubeObject[];
  totalCount: number;
  resourceVersion: string;
  continue: string | null;
  remainingItemCount: number | null;
  pageInfo: { startCursor: string | null; endCursor: string | null; hasNextPage: boolean; hasPreviousPage: boolean };
}

/** Which page of a list: its state and the place behind which it begins. */
interface Cursor {
  revision: number;
  uid: string;
}

const cursorOf = (revision: number, { stored }: OfKind): string =>
  Buffer.from(`${revision} ${stored.uid}`).toString('base64url');

/** The revision that a page goes on at. Throws 400. */
export function cursorIn(after: string | null | undefined): Cursor | undefined {
  if (!after) return undefined;
  const [, revision, uid] = /^(\d{1,15}) (\S+)$/.exec(Buffer.from(after, 'base64url').toString()) ?? [];
  if (revision === undefined || uid === undefined) throw badRequest('after: not a cursor');
  return { revision: Number(revision), uid };
}

/** Answers the arguments from all that a relation leads to, in its order. Throws 400. */
export async function mixedPage(
  found: readonly OfKind[],
  { where, first, after, ...selectors }: MixedArguments,
  snapshot: Snapshot,
  context: Pick<OperationContext, 'budget' | 'request'>,
): Promise<MixedPage> {
  const { budget } = context;
  const { revision } = snapshot;
  const count = first ?? DEFAULT_FIRST;
  if (count < 1 || count > MAX_FIRST) throw badRequest(`first must be between 1 and ${MAX_FIRST}`);
  const { labelSelector } = selectOptions(selectors);
  const selector = labelSelector ? parseLabelSelector(labelSelector) : undefined;
  const all = await servedOf(found, snapshot, context);
  const filters = new Map(
    where === null || where === undefined
      ? []
      : [...new Set(all.map(({ kind }) => kind))].map((kind) => [kind, compileWhere(kind, where)] as const),
  );
  const matching: OfKind[] = [];
  for (const one of all) {
    const { kind, stored } = one;
    const filter = filters.get(kind);
    if ((!selector || selector.matches(stored.labels)) && (!filter || filter.matches(wholeObject(kind, stored))))
      matching.push(one);
    budget.look(1);
    if (budget.due) await budget.turn();
  }
  const cursor = cursorIn(after);
  const start = cursor ? matching.findIndex(({ stored }) => stored.uid === cursor.uid) + 1 : 0;
  if (cursor && !start) throw badRequest('after: not a cursor of this query');
  const page = matching.slice(start, start + count);
  const remaining = matching.length - start - page.length;
  const [head, tail] = [page[0], page.at(-1)];
  const endCursor = tail ? cursorOf(revision, tail) : null;
  return {
    items: page.map(({ kind, stored }) => wholeObject(kind, stored)),
    totalCount: matching.length,
    resourceVersion: String(revision),
    continue: remaining ? endCursor : null,
    remainingItemCount: remaining || null,
    pageInfo: {
      startCursor: head ? cursorOf(revision, head) : null,
      endCursor,
      hasNextPage: remaining > 0,
      hasPreviousPage: start > 0,
    },
  };
}

/**
 * The same in the versions of their kinds. A kind whose webhook does not convert hides no others: it is left out, and the
 * caller is warned; where there is no other, it is the answer's error.
 */
async function servedOf(
  all: readonly OfKind[],
  snapshot: Snapshot,
  context: Pick<OperationContext, 'request'>,
): Promise<readonly OfKind[]> {
  if (!all.some(({ kind }) => hasWebhook(kind))) return all;
  const isAlone = new Set(all.map(({ kind }) => kind)).size === 1;
  const convert = async ({ kind, stored }: OfKind): Promise<OfKind> => {
    const [served = stored] = await snapshot.served(kind, [stored]);
    return { kind, stored: served };
  };
  const served = await Promise.all(
    all.map((one) => (isAlone ? convert(one) : unlessFailed(context, () => convert(one)))),
  );
  return served.filter((one) => one !== undefined);
}

const made = new WeakMap<KindTypes['anyObject'], GraphQLObjectType>();

/** `KubernetesObjectConnection`: the same fields as a connection of one kind has. */
export function mixedType(types: KindTypes): GraphQLObjectType {
  const { anyObject } = types;
  let type = made.get(anyObject);
  if (type) return type;
  const text = new GraphQLNonNull(GraphQLString);
  type = new GraphQLObjectType({
    name: `${anyObject.name}Connection`,
    description: 'A page of objects of several kinds.',
    fields: () => ({
      items: {
        type: new GraphQLNonNull(new GraphQLList(new GraphQLNonNull(anyObject))),
        description: 'the objects of this page',
      },
      totalCount: { type: new GraphQLNonNull(GraphQLInt), description: 'All that match, on this page or not.' },
      pageInfo: { type: new GraphQLNonNull(types.generic('PageInfo') as GraphQLOutputType), description: PAGE_INFO },
      resourceVersion: { type: text, description: 'The state that the page is of.' },
      continue: { type: GraphQLString, description: '`endCursor`, if more follows.' },
      remainingItemCount: { type: GraphQLInt, description: 'How many follow.' },
    }),
  });
  made.set(anyObject, type);
  return type;
}
