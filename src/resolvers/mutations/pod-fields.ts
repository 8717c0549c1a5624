import { ARGUMENTS } from '../argument-texts.ts';
import { GraphQLInt, GraphQLNonNull, GraphQLString } from 'graphql';
import type { Kind } from '../../kinds/kind.ts';
import type { Answer } from '../../api/contract.ts';
import { newObject } from '../../api/new-object.ts';
import type { OperationContext } from '../context.ts';
import type { FacetFields, KindTypes } from '../schema/kind-types.ts';
import { deleteOptions, targetOf, writeOptions, type DeleteArguments } from '../targets.ts';
import { wholeAnswer } from '../whole.ts';
import { PRECONDITIONS, WRITE, type NamedWrite } from './write-arguments.ts';

interface EvictArguments extends DeleteArguments {
  name: string;
}
interface BindArguments extends NamedWrite {
  node: string;
  uid?: string | null | undefined;
}

const text = new GraphQLNonNull(GraphQLString);

/** `evictPod` and `bindPod`. */
export function podFields(kind: Kind, types: KindTypes): FacetFields {
  if (kind.storage.key !== 'pods') return {};
  const pod = {
    namespace: { type: text, description: ARGUMENTS.namespace },
    name: { type: text, description: ARGUMENTS.name },
  };
  return {
    mutation: {
      evictPod: {
        type: types.scalars.any,
        description: 'Deletes it if its disruption budget allows; answers a Status, or the error 429.',
        args: {
          ...pod,
          gracePeriodSeconds: { type: GraphQLInt, description: ARGUMENTS.gracePeriodSeconds },
          ...PRECONDITIONS,
          dryRun: WRITE['dryRun']!,
        },
        resolve: async (_, args: EvictArguments, context: OperationContext) =>
          wholeAnswer(await evict(context, kind, args), {}),
      },
      bindPod: {
        type: types.scalars.any,
        description: 'Puts it on a node, as a scheduler does; answers a Status.',
        args: {
          ...pod,
          node: { type: text, description: 'metadata.name of the node' },
          uid: { type: GraphQLString, description: ARGUMENTS.uid },
          ...WRITE,
        },
        async resolve(_, args: BindArguments, { api, request }: OperationContext) {
          const { namespace, name, node, uid } = args;
          const object = {
            ...newObject({ name, ...(namespace && { namespace }), ...(uid && { uid }) }),
            apiVersion: 'v1',
            kind: 'Binding',
            target: { kind: 'Node', name: node },
          };
          const target = targetOf(kind, { ...args, subresource: 'binding' });
          return wholeAnswer(await api.create(request, target, { object }, writeOptions(args)), {});
        },
      },
    },
  };
}

/** Asks for the deletion of a pod by its disruption budget. Throws 429 where that does not allow it. */
export function evict(
  { api, request }: Pick<OperationContext, 'api' | 'request'>,
  kind: Kind,
  args: EvictArguments,
): Promise<Answer> {
  const { namespace, name, dryRun } = args;
  const { dryRun: _, ...options } = deleteOptions(args);
  const object = {
    ...newObject({ name, ...(namespace && { namespace }) }),
    apiVersion: 'policy/v1',
    kind: 'Eviction',
    deleteOptions: options,
  };
  return api.create(
    request,
    targetOf(kind, { ...args, subresource: 'eviction' }),
    { object },
    writeOptions({ dryRun }),
  );
}
