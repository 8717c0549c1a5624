import { ARGUMENTS } from '../argument-texts.ts';
import { GraphQLInt, GraphQLNonNull, GraphQLString } from 'graphql';
import { MERGE_PATCH } from '../../api/patch-body.ts';
import type { Kind } from '../../kinds/kind.ts';
import type { Json } from '../../meta/object.ts';
import { conflict } from '../../meta/status.ts';
import { resourceOf } from '../../api/target.ts';
import type { OperationContext } from '../context.ts';
import type { FacetFields, KindTypes } from '../schema/kind-types.ts';
import { namesOf } from '../schema/names.ts';
import { targetOf, writeOptions } from '../targets.ts';
import { namespaceArgument } from '../where/list-arguments.ts';
import { patchWith, type Preconditions } from './preconditions.ts';
import { PRECONDITIONS, WRITE, type NamedWrite } from './write-arguments.ts';

interface ScaleArguments extends NamedWrite, Preconditions {
  replicas: number;
  currentReplicas?: number | null | undefined;
}

/** `scaleDeployment` of every kind that has a scale, custom ones included. */
export function scaleFields(kind: Kind, types: KindTypes): FacetFields {
  if (!kind.subresources.get('scale')?.verbs.includes('patch')) return {};
  return {
    mutation: {
      [`scale${namesOf(kind).kind}`]: {
        type: types.scalars.any,
        description: 'Writes the subresource `scale`; answers the Scale.',
        args: {
          ...namespaceArgument(kind),
          name: { type: new GraphQLNonNull(GraphQLString), description: ARGUMENTS.name },
          replicas: { type: new GraphQLNonNull(GraphQLInt), description: ARGUMENTS.replicas },
          currentReplicas: { type: GraphQLInt, description: 'Where there are others, nothing is written.' },
          ...PRECONDITIONS,
          ...WRITE,
        },
        resolve: (_, args: ScaleArguments, context: OperationContext) => scale(context, kind, args),
      },
    },
  };
}

async function scale({ api, request }: OperationContext, kind: Kind, args: ScaleArguments): Promise<unknown> {
  const target = targetOf(kind, { ...args, subresource: 'scale' });
  let { resourceVersion } = args;
  if (typeof args.currentReplicas === 'number') {
    const { object } = await api.get(request, target, {});
    const { replicas = 0 } = (object['spec'] ?? {}) as { replicas?: number };
    if (replicas !== args.currentReplicas)
      throw conflict(resourceOf(kind), args.name, `expected ${args.currentReplicas} replicas, there are ${replicas}`);
    resourceVersion ??= object.metadata.resourceVersion;
  }
  const patch = patchWith(MERGE_PATCH, { spec: { replicas: args.replicas } }, { uid: args.uid, resourceVersion });
  return (await api.patch(request, target, MERGE_PATCH, { value: patch as Json }, writeOptions(args))).object;
}
