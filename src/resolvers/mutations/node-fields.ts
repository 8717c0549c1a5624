import { ARGUMENTS } from '../argument-texts.ts';
import { GraphQLNonNull, GraphQLString } from 'graphql';
import { STRATEGIC_PATCH } from '../../api/patch-body.ts';
import type { Kind } from '../../kinds/kind.ts';
import type { KubeObject } from '../../meta/object.ts';
import type { OperationContext } from '../context.ts';
import type { FacetFields, KindTypes } from '../schema/kind-types.ts';
import { targetOf, writeOptions } from '../targets.ts';
import { WRITE, type NamedWrite } from './write-arguments.ts';

/** `cordonNode` and `uncordonNode`. */
export function nodeFields(kind: Kind, types: KindTypes): FacetFields {
  if (kind.storage.key !== 'nodes') return {};
  const field = (description: string, unschedulable: boolean) => ({
    type: types.object(kind),
    description,
    args: { name: { type: new GraphQLNonNull(GraphQLString), description: ARGUMENTS.name }, ...WRITE },
    resolve: (_: unknown, args: NamedWrite, context: OperationContext) => cordon(context, kind, args, unschedulable),
  });
  return {
    mutation: {
      cordonNode: field('No new pods are put on it.', true),
      uncordonNode: field('Pods are put on it again.', false),
    },
  };
}

/** Marks a node as one that takes new pods, or none; writes nothing where it is that already. */
export async function cordon(
  { api, request }: Pick<OperationContext, 'api' | 'request'>,
  kind: Kind,
  args: NamedWrite,
  unschedulable: boolean,
): Promise<KubeObject> {
  const value = { spec: { unschedulable: unschedulable || null } };
  return (await api.patch(request, targetOf(kind, args), STRATEGIC_PATCH, { value }, writeOptions(args))).object;
}
