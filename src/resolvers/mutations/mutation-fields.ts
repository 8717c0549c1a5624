import {
  GraphQLBoolean,
  GraphQLInt,
  GraphQLNonNull,
  GraphQLString,
  type GraphQLFieldConfigArgumentMap,
  type GraphQLInputType,
  type GraphQLObjectType,
} from 'graphql';
import type { Kind } from '../../kinds/kind.ts';
import { apiVersionOf } from '../../meta/gvk.ts';
import type { KubeObject } from '../../meta/object.ts';
import { badRequest } from '../../meta/status.ts';
import type { OperationContext } from '../context.ts';
import { deleteOptions, targetOf, writeOptions, type DeleteArguments, type WriteArguments } from '../targets.ts';
import { wholeAnswer } from '../whole.ts';
import type { FacetFields, KindTypes } from '../schema/kind-types.ts';
import { namesOf } from '../schema/names.ts';
import type { FieldConfigs } from '../schema/output-types.ts';
import { namespaceArgument } from '../where/list-arguments.ts';
import { WRITE } from './write-arguments.ts';

interface ObjectArguments extends WriteArguments {
  namespace?: string | null | undefined;
  name?: string | null | undefined;
  subresource?: string | null | undefined;
  input?: unknown;
  object?: KubeObject | null | undefined;
}
interface PatchArguments extends ObjectArguments {
  name: string;
  type?: string | null | undefined;
  patch: unknown;
}

const text = new GraphQLNonNull(GraphQLString);
/** `createPod`, `updatePod`, `applyPod`, `patchPod`, `deletePod`, as far as the kind's verbs go. */
export function mutationFields(kind: Kind, types: KindTypes): FacetFields {
  const fields: FieldConfigs = {};
  const { verbs } = kind;
  const { kind: word } = namesOf(kind);
  const type = types.object(kind);
  const body = (args: ObjectArguments, { own }: OperationContext): KubeObject => bodyOf(kind, types, args, own);
  if (verbs.includes('create')) {
    fields[`create${word}`] = {
      type,
      args: objectArguments(kind, types),
      async resolve(_, args: ObjectArguments, context) {
        const { api, request } = context;
        const object = body(args, context);
        const target = targetOf(kind, { namespace: namespaceOf(kind, args, object) });
        return (await api.create(request, target, { object }, writeOptions(args))).object;
      },
    };
  }
  if (verbs.includes('update')) {
    fields[`update${word}`] = {
      type,
      args: {
        ...objectArguments(kind, types),
        name: { type: GraphQLString },
        subresource: { type: GraphQLString },
      },
      async resolve(_, args: ObjectArguments, context) {
        const { api, request } = context;
        const object = body(args, context);
        return (await api.update(request, objectTarget(kind, args, object), { object }, writeOptions(args))).object;
      },
    };
  }
  if (verbs.includes('patch')) {
    fields[`apply${word}`] = applyField(kind, type, objectArguments(kind, types), body);
    fields[`patch${word}`] = patchField(kind, types);
  }
  if (verbs.includes('delete')) fields[`delete${word}`] = deleteField(kind, types);
  return { mutation: fields };
}

const objectArguments = (kind: Kind, types: KindTypes): GraphQLFieldConfigArgumentMap => ({
  ...namespaceArgument(kind),
  input: { type: types.input(kind), description: 'the object, typed' },
  object: { type: types.scalars.any, description: 'the object as JSON' },
  ...WRITE,
});

/** The argument's, or what the object says; of cluster-scoped kinds that says nothing, and neither does the field ask. */
const namespaceOf = (kind: Kind, { namespace }: ObjectArguments, object: KubeObject): string | undefined =>
  kind.namespaced ? (namespace ?? object.metadata?.namespace) : undefined;

const objectTarget = (kind: Kind, args: ObjectArguments, object: KubeObject): ReturnType<typeof targetOf> =>
  targetOf(kind, {
    namespace: namespaceOf(kind, args, object),
    name: args.name ?? object.metadata?.name,
    subresource: args.subresource,
  });

function bodyOf(
  kind: Kind,
  types: KindTypes,
  { input, object }: ObjectArguments,
  own: OperationContext['own'],
): KubeObject {
  if ((input === undefined || input === null) === (object === undefined || object === null))
    throw badRequest('give either input or object');
  const json = own((object ?? types.inputToJson(kind, input)) as KubeObject);
  return { ...json, apiVersion: json.apiVersion ?? apiVersionOf(kind), kind: json.kind ?? kind.kind };
}

const applyField = (
  kind: Kind,
  type: GraphQLObjectType,
  objects: GraphQLFieldConfigArgumentMap,
  body: (args: ObjectArguments, context: OperationContext) => KubeObject,
): FieldConfigs[string] => ({
  type,
  description: 'Server-side apply.',
  args: {
    ...objects,
    name: { type: GraphQLString },
    subresource: { type: GraphQLString },
    force: { type: GraphQLBoolean },
  },
  async resolve(_, args: ObjectArguments, context: OperationContext) {
    const { api, request } = context;
    const object = body(args, context);
    const options = { fieldManager: request.agent, ...writeOptions(args), ...(args.force && { force: true }) };
    return (
      await api.patch(
        request,
        objectTarget(kind, args, object),
        'application/apply-patch+yaml',
        { value: object as never },
        options,
      )
    ).object;
  },
});

const patchField = (kind: Kind, types: KindTypes): FieldConfigs[string] => ({
  type: types.object(kind),
  args: {
    ...namespaceArgument(kind),
    name: { type: text },
    subresource: { type: GraphQLString },
    type: { type: types.generic('PatchType') as GraphQLInputType, defaultValue: 'application/merge-patch+json' },
    patch: { type: new GraphQLNonNull(types.scalars.any) },
    force: { type: GraphQLBoolean },
    ...WRITE,
  },
  async resolve(_, args: PatchArguments, { api, request, own }: OperationContext) {
    const options = { ...writeOptions(args), ...(args.force && { force: true }) };
    const patchType = args.type ?? 'application/merge-patch+json';
    if (patchType === 'application/apply-patch+yaml') options.fieldManager ??= request.agent;
    return (await api.patch(request, targetOf(kind, args), patchType, { value: own(args.patch) as never }, options))
      .object;
  },
});

const deleteField = (kind: Kind, types: KindTypes): FieldConfigs[string] => ({
  type: types.scalars.any,
  description: 'The object as it was, or a Status.',
  args: {
    ...namespaceArgument(kind),
    name: { type: text },
    gracePeriodSeconds: { type: GraphQLInt },
    propagationPolicy: { type: GraphQLString, description: 'Orphan, Background or Foreground' },
    uid: { type: GraphQLString },
    resourceVersion: { type: GraphQLString },
    dryRun: { type: GraphQLBoolean },
  },
  resolve: async (_, args: DeleteArguments, { api, request }: OperationContext) =>
    wholeAnswer(await api.delete(request, targetOf(kind, args), deleteOptions(args)), {}),
});
