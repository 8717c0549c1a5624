import { ARGUMENTS } from '../argument-texts.ts';
import { GraphQLInt, GraphQLNonNull, GraphQLString, type GraphQLInputType, type GraphQLObjectType } from 'graphql';
import { APPLY_PATCH, MERGE_PATCH } from '../../api/patch-body.ts';
import type { Kind } from '../../kinds/kind.ts';
import type { Json } from '../../meta/object.ts';
import { badRequest } from '../../meta/status.ts';
import type { OperationContext } from '../context.ts';
import type { FacetFields, KindTypes } from '../schema/kind-types.ts';
import { namesOf } from '../schema/names.ts';
import type { FieldConfigs } from '../schema/output-types.ts';
import { deleteOptions, writeOptions, type DeleteArguments, type WriteArguments } from '../targets.ts';
import { selectionArguments } from '../where/list-arguments.ts';
import type { BundleResult } from './bundle-result.ts';
import { writeMany, type ManyArguments } from './many.ts';
import { patchWith } from './preconditions.ts';
import { WRITE } from './write-arguments.ts';

export interface UpdateManyArguments extends ManyArguments, WriteArguments {
  type?: string | null | undefined;
  patch: unknown;
}
export interface DeleteManyArguments extends ManyArguments, Omit<DeleteArguments, 'uid' | 'resourceVersion' | 'name'> {}

const EXPECT = {
  expectCount: { type: GraphQLInt, description: 'Where there are more or fewer, nothing is written.' },
};

/** `updatePods` and `deletePods`: what a filter selects, all of them or none. */
export function manyFields(kind: Kind, types: KindTypes): FacetFields {
  const fields: FieldConfigs = {};
  const { verbs } = kind;
  if (!verbs.includes('list')) return {};
  const { kinds } = namesOf(kind);
  const result = types.generic('BundleResult') as GraphQLObjectType;
  if (verbs.includes('patch'))
    fields[`update${kinds}`] = {
      type: result,
      description: 'Patches all that are selected, or none: in one transaction, each by its own right.',
      args: {
        ...selectionArguments(kind, types),
        type: {
          type: types.generic('PatchType') as GraphQLInputType,
          defaultValue: MERGE_PATCH,
          description: ARGUMENTS.type,
        },
        patch: { type: new GraphQLNonNull(types.scalars.any), description: ARGUMENTS.patch },
        ...EXPECT,
        ...WRITE,
      },
      resolve: (_, args: UpdateManyArguments, context: OperationContext) => updateMany(context, kind, args),
    };
  if (verbs.includes('delete'))
    fields[`delete${kinds}`] = {
      type: result,
      description: 'Deletes all that are selected, or none: in one transaction, each by its own right.',
      args: {
        ...selectionArguments(kind, types),
        gracePeriodSeconds: { type: GraphQLInt, description: ARGUMENTS.gracePeriodSeconds },
        propagationPolicy: { type: GraphQLString, description: ARGUMENTS.propagationPolicy },
        ...EXPECT,
        dryRun: WRITE['dryRun']!,
      },
      resolve: (_, args: DeleteManyArguments, context: OperationContext) => deleteMany(context, kind, args),
    };
  return { mutation: fields };
}

/** Throws 400 for an apply, which is of one object. */
export function updateMany(context: OperationContext, kind: Kind, args: UpdateManyArguments): Promise<BundleResult> {
  const patchType = args.type ?? MERGE_PATCH;
  if (patchType === APPLY_PATCH) throw badRequest('an apply is of one object: use applyBundle');
  return writeMany(
    context,
    kind,
    args,
    (target, { uid, revision }) => ({
      verb: 'patch',
      target,
      patchType,
      body: { value: patchWith(patchType, args.patch, { uid, resourceVersion: String(revision) }) as Json },
    }),
    undefined,
    writeOptions(args),
  );
}

export function deleteMany(context: OperationContext, kind: Kind, args: DeleteManyArguments): Promise<BundleResult> {
  const { dryRun: _, ...options } = deleteOptions(args);
  return writeMany(
    context,
    kind,
    args,
    (target, { uid, revision }) => ({
      verb: 'delete',
      target,
      options: { ...options, preconditions: { uid, resourceVersion: String(revision) } },
    }),
    'DELETED',
    writeOptions(args),
  );
}
