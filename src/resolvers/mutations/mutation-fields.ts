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
import type { InputTypes } from '../schema/input-types.ts';
import type { FieldConfigs } from '../schema/output-types.ts';
import { namespaceArgument, type SharedTypes } from '../where/query-fields.ts';

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
const WRITE: GraphQLFieldConfigArgumentMap = {
  dryRun: { type: GraphQLBoolean },
  fieldManager: { type: GraphQLString },
  fieldValidation: { type: GraphQLString, description: 'Strict, Warn or Ignore' },
};

/** `createPod`, `updatePod`, `applyPod`, `patchPod`, `deletePod`, as far as the kind's verbs go. */
export function mutationFields(
  kind: Kind,
  type: GraphQLObjectType,
  inputs: InputTypes,
  shared: SharedTypes,
): FieldConfigs {
  const fields: FieldConfigs = {};
  const { verbs, names } = kind;
  const input = inputs.of(kind.schema, names.type);
  const body = (args: ObjectArguments, { own }: OperationContext): KubeObject => bodyOf(kind, inputs, args, own);
  if (verbs.includes('create')) {
    fields[`create${names.type}`] = {
      type,
      args: objectArguments(kind, input, shared),
      async resolve(_, args: ObjectArguments, context) {
        const { api, request } = context;
        const object = body(args, context);
        const target = targetOf(kind, { namespace: namespaceOf(kind, args, object) });
        return (await api.create(request, target, { object }, writeOptions(args))).object;
      },
    };
  }
  if (verbs.includes('update')) {
    fields[`update${names.type}`] = {
      type,
      args: {
        ...objectArguments(kind, input, shared),
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
    fields[`apply${names.type}`] = applyField(kind, type, objectArguments(kind, input, shared), body);
    fields[`patch${names.type}`] = patchField(kind, type, shared);
  }
  if (verbs.includes('delete')) fields[`delete${names.type}`] = deleteField(kind, shared);
  return fields;
}

const objectArguments = (
  kind: Kind,
  input: GraphQLInputType,
  { json }: SharedTypes,
): GraphQLFieldConfigArgumentMap => ({
  ...namespaceArgument(kind),
  input: { type: input, description: 'the object, typed' },
  object: { type: json, description: 'the object as JSON' },
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
  inputs: InputTypes,
  { input, object }: ObjectArguments,
  own: OperationContext['own'],
): KubeObject {
  if ((input === undefined || input === null) === (object === undefined || object === null))
    throw badRequest('give either input or object');
  const json = own((object ?? inputs.toJson(kind.schema, input)) as KubeObject);
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

const patchField = (kind: Kind, type: GraphQLObjectType, shared: SharedTypes): FieldConfigs[string] => ({
  type,
  args: {
    ...namespaceArgument(kind),
    name: { type: text },
    subresource: { type: GraphQLString },
    type: { type: shared.patchType, defaultValue: 'application/merge-patch+json' },
    patch: { type: new GraphQLNonNull(shared.json) },
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

const deleteField = (kind: Kind, shared: SharedTypes): FieldConfigs[string] => ({
  type: shared.json,
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
