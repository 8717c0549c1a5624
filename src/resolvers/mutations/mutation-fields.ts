import { ARGUMENTS } from '../argument-texts.ts';
import {
  GraphQLBoolean,
  GraphQLInt,
  GraphQLNonNull,
  GraphQLString,
  type GraphQLFieldConfigArgumentMap,
  type GraphQLInputType,
} from 'graphql';
import { APPLY_PATCH, MERGE_PATCH } from '../../api/patch-body.ts';
import type { Kind } from '../../kinds/kind.ts';
import { apiVersionOf } from '../../meta/gvk.ts';
import type { Json, KubeObject } from '../../meta/object.ts';
import { badRequest } from '../../meta/status.ts';
import type { OperationContext } from '../context.ts';
import { deleteOptions, targetOf, writeOptions, type DeleteArguments, type WriteArguments } from '../targets.ts';
import { wholeAnswer } from '../whole.ts';
import type { FacetFields, KindTypes } from '../schema/kind-types.ts';
import { namesOf } from '../schema/names.ts';
import type { FieldConfigs } from '../schema/output-types.ts';
import { namespaceArgument } from '../where/list-arguments.ts';
import { patchWith, type Preconditions } from './preconditions.ts';
import { appliedType, tryApply } from './try-apply.ts';
import { PRECONDITIONS, WRITE } from './write-arguments.ts';

interface ObjectArguments extends WriteArguments {
  namespace?: string | null | undefined;
  name?: string | null | undefined;
  subresource?: string | null | undefined;
  input?: unknown;
  object?: KubeObject | null | undefined;
}
interface PatchArguments extends ObjectArguments, Preconditions {
  name: string;
  type?: string | null | undefined;
  patch: unknown;
}

type BodyOf = (args: ObjectArguments, context: OperationContext) => KubeObject;

const text = new GraphQLNonNull(GraphQLString);

/** `createPod`, `updatePod`, `applyPod`, `patchPod`, `deletePod`, as far as the kind's verbs go. */
export function mutationFields(kind: Kind, types: KindTypes): FacetFields {
  const fields: FieldConfigs = {};
  const { verbs } = kind;
  const { kind: word } = namesOf(kind);
  const type = types.object(kind);
  const body: BodyOf = (args, { own }) => bodyOf(kind, types, args, own);
  if (verbs.includes('create')) {
    fields[`create${word}`] = {
      type,
      description: `Creates an object of \`${kind.resource}\`.`,
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
      description: `Replaces an object of \`${kind.resource}\`.`,
      args: {
        ...objectArguments(kind, types),
        name: { type: GraphQLString, description: 'as the object says it, when not given' },
        subresource: { type: GraphQLString, description: ARGUMENTS.subresource },
      },
      async resolve(_, args: ObjectArguments, context) {
        const { api, request } = context;
        const object = body(args, context);
        return (await api.update(request, objectTarget(kind, args, object), { object }, writeOptions(args))).object;
      },
    };
  }
  if (verbs.includes('patch')) {
    Object.assign(fields, applyFields(kind, types, body));
    fields[`patch${word}`] = patchField(kind, types);
  }
  if (verbs.includes('delete')) fields[`delete${word}`] = deleteField(kind, types);
  return { mutation: fields };
}

const objectArguments = (kind: Kind, types: KindTypes): GraphQLFieldConfigArgumentMap => ({
  ...namespaceArgument(kind),
  input: { type: types.input(kind), description: 'the object, typed' },
  object: { type: types.scalars.any, description: ARGUMENTS.object },
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

/** `applyPod`, and `tryApplyPod`, which tells of conflicts in its data. */
function applyFields(kind: Kind, types: KindTypes, body: BodyOf): FieldConfigs {
  const { kind: word } = namesOf(kind);
  const args = {
    ...objectArguments(kind, types),
    name: { type: GraphQLString, description: 'as the object says it, when not given' },
    subresource: { type: GraphQLString, description: ARGUMENTS.subresource },
    force: { type: GraphQLBoolean, description: ARGUMENTS.force },
  };
  const apply = async (args: ObjectArguments, context: OperationContext): Promise<KubeObject> => {
    const { api, request } = context;
    const object = body(args, context);
    const options = { fieldManager: request.agent, ...writeOptions(args), ...(args.force && { force: true }) };
    const value = { value: object as Json };
    return (await api.patch(request, objectTarget(kind, args, object), APPLY_PATCH, value, options)).object;
  };
  return {
    [`apply${word}`]: {
      type: types.object(kind),
      description: `Server-side apply of an object of \`${kind.resource}\`: makes it, or changes the fields that are given.`,
      args,
      resolve: (_, given: ObjectArguments, context: OperationContext) => apply(given, context),
    },
    [`tryApply${word}`]: {
      type: appliedType(kind, types),
      description: 'Server-side apply, whose conflicts are no error but part of the answer.',
      args,
      resolve: (_, given: ObjectArguments, context: OperationContext) => tryApply(() => apply(given, context)),
    },
  };
}

const patchField = (kind: Kind, types: KindTypes): FieldConfigs[string] => ({
  type: types.object(kind),
  description: `Changes an object of \`${kind.resource}\` by a patch.`,
  args: {
    ...namespaceArgument(kind),
    name: { type: text, description: ARGUMENTS.name },
    subresource: { type: GraphQLString, description: ARGUMENTS.subresource },
    type: {
      type: types.generic('PatchType') as GraphQLInputType,
      defaultValue: MERGE_PATCH,
      description: ARGUMENTS.type,
    },
    patch: { type: new GraphQLNonNull(types.scalars.any), description: ARGUMENTS.patch },
    force: { type: GraphQLBoolean, description: `of an apply: ${ARGUMENTS.force}` },
    ...PRECONDITIONS,
    ...WRITE,
  },
  async resolve(_, args: PatchArguments, { api, request, own }: OperationContext) {
    const options = { ...writeOptions(args), ...(args.force && { force: true }) };
    const patchType = args.type ?? MERGE_PATCH;
    if (patchType === APPLY_PATCH) options.fieldManager ??= request.agent;
    const value = patchWith(patchType, own(args.patch), args) as Json;
    return (await api.patch(request, targetOf(kind, args), patchType, { value }, options)).object;
  },
});

const deleteField = (kind: Kind, types: KindTypes): FieldConfigs[string] => ({
  type: types.scalars.any,
  description: `Deletes an object of \`${kind.resource}\`; answers it as it was last, or a Status.`,
  args: {
    ...namespaceArgument(kind),
    name: { type: text, description: ARGUMENTS.name },
    gracePeriodSeconds: { type: GraphQLInt, description: ARGUMENTS.gracePeriodSeconds },
    propagationPolicy: { type: GraphQLString, description: ARGUMENTS.propagationPolicy },
    ...PRECONDITIONS,
    dryRun: WRITE['dryRun']!,
  },
  resolve: async (_, args: DeleteArguments, { api, request }: OperationContext) =>
    wholeAnswer(await api.delete(request, targetOf(kind, args), deleteOptions(args)), {}),
});
