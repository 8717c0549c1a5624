import { GraphQLInt, GraphQLList, GraphQLNonNull, GraphQLString } from 'graphql';
import type { Kind } from '../../kinds/kind.ts';
import { escapeFieldValue } from '../../meta/fields.ts';
import { notFound } from '../../meta/status.ts';
import { targetOf } from '../targets.ts';
import { wholeObject } from '../whole.ts';
import { listObjects, type ListArguments } from './list-resolver.ts';
import type { FacetFields, KindTypes } from '../schema/kind-types.ts';
import { namesOf } from '../schema/names.ts';
import type { FieldConfigs } from '../schema/output-types.ts';
import type { OperationContext } from '../context.ts';
import type { FieldPlace } from '../relations/snapshots.ts';

const text = new GraphQLNonNull(GraphQLString);
export const namespaceArgument = (kind: Kind): Record<string, { type: typeof GraphQLString }> =>
  kind.namespaced ? { namespace: { type: GraphQLString } } : {};

/** `pod(namespace, name, asOf)` and `pods(…)`, as far as the kind's verbs go. */
export function queryFields(kind: Kind, types: KindTypes): FacetFields {
  const fields: FieldConfigs = {};
  const names = namesOf(kind);
  if (kind.verbs.includes('get')) {
    fields[names.one] = {
      type: types.object(kind),
      args: {
        ...namespaceArgument(kind),
        name: { type: text },
        asOf: { type: GraphQLString, description: 'a resourceVersion' },
      },
      resolve: (_, args: OneArguments, context, info) => getObject(context, kind, args, info),
    };
  }
  if (kind.verbs.includes('list')) {
    fields[names.many] = {
      type: types.connection(kind),
      args: {
        ...namespaceArgument(kind),
        labelSelector: { type: GraphQLString },
        fieldSelector: { type: GraphQLString },
        where: { type: types.where(kind) },
        orderBy: { type: new GraphQLList(new GraphQLNonNull(types.orderBy(kind))) },
        first: { type: GraphQLInt },
        after: { type: GraphQLString, description: '`continue` of the page before' },
        asOf: { type: GraphQLString, description: 'a resourceVersion' },
      },
      resolve: (_, args: ListArguments, context, info) => listObjects(context, kind, args, info),
    };
  }
  return { query: fields };
}

interface OneArguments {
  namespace?: string | null | undefined;
  name: string;
  asOf?: string | null | undefined;
}

async function getObject(
  context: OperationContext,
  kind: Kind,
  { asOf, ...args }: OneArguments,
  info: FieldPlace,
): Promise<unknown> {
  const { api, request } = context;
  if (!asOf) return (await api.get(request, targetOf(kind, args), {})).object;
  const answer = await api.list(request, targetOf(kind, { namespace: args.namespace }), {
    fieldSelector: `metadata.name=${escapeFieldValue(args.name)}`,
    resourceVersion: asOf,
    resourceVersionMatch: 'Exact',
  });
  context.snapshotOf(info).pin(answer.revision);
  const [stored] = answer.items;
  if (!stored) throw notFound(kind, args.name);
  return wholeObject(kind, stored);
}
