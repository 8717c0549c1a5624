import { GraphQLNonNull, GraphQLString } from 'graphql';
import type { Kind } from '../../kinds/kind.ts';
import { escapeFieldValue } from '../../meta/fields.ts';
import { notFound } from '../../meta/status.ts';
import { targetOf } from '../targets.ts';
import { wholeObject } from '../whole.ts';
import type { FacetFields, KindTypes } from '../schema/kind-types.ts';
import { namesOf } from '../schema/names.ts';
import type { FieldConfigs } from '../schema/output-types.ts';
import type { OperationContext } from '../context.ts';
import { AS_OF } from '../history/as-of.ts';
import type { FieldPlace } from '../relations/snapshots.ts';
import type { ObjectConnection } from './connection.ts';
import { listArguments, namespaceArgument, type ListArguments } from './list-arguments.ts';
import { collection } from './list-source.ts';
import { selectObjects } from './select-objects.ts';

/** `pod(namespace, name, asOf)` and `pods(…)`, as far as the kind's verbs go. */
export function queryFields(kind: Kind, types: KindTypes): FacetFields {
  const fields: FieldConfigs = {};
  const names = namesOf(kind);
  if (kind.verbs.includes('get')) {
    fields[names.one] = {
      type: types.object(kind),
      description: `One object of \`${kind.resource}\`; 404 where there is none.`,
      args: {
        ...namespaceArgument(kind),
        name: { type: new GraphQLNonNull(GraphQLString), description: 'metadata.name' },
        asOf: { type: GraphQLString, description: AS_OF },
      },
      resolve: (_, args: OneArguments, context, info) => getObject(context, kind, args, info),
    };
  }
  if (kind.verbs.includes('list')) {
    fields[names.many] = {
      type: types.connection(kind),
      description: `A page of \`${kind.resource}\`, by namespace and name when no other order is said.`,
      args: listArguments(kind, types),
      resolve: (_, args: ListArguments, context, info) => listObjects(context, kind, args, info),
    };
  }
  return { query: fields };
}

/** One page of a kind. Relations of its objects are of the same state. */
async function listObjects(
  context: OperationContext,
  kind: Kind,
  args: ListArguments,
  info: FieldPlace,
): Promise<ObjectConnection> {
  const source = collection(context, kind, args);
  const revision = args.asOf ? String(await context.api.resolveAsOf(args.asOf)) : undefined;
  const page = await selectObjects(context, kind, args, source, revision);
  context.snapshotOf(info).pin(Number(page.resourceVersion));
  return page;
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
    asOf: await context.api.resolveAsOf(asOf),
  });
  context.snapshotOf(info).pin(answer.revision);
  const [stored] = answer.items;
  if (!stored) throw notFound(kind, args.name);
  return wholeObject(kind, stored);
}
