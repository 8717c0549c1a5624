import { GraphQLInterfaceType, GraphQLObjectType, GraphQLSchema, GraphQLString, type GraphQLInputType } from 'graphql';
import { ANY_OBJECT, fieldDescription, typeDescription } from '../../kinds/descriptions.ts';
import type { Kind, Registry } from '../../kinds/kind.ts';
import { parseApiVersion } from '../../meta/gvk.ts';
import type { KubeObject } from '../../meta/object.ts';
import { genericSchema } from '../generic.ts';
import { InputTypes } from './input-types.ts';
import { mutationFields } from '../mutations/mutation-fields.ts';
import { TypeNames } from './names.ts';
import { OutputTypes, wholeField, type FieldConfigs } from './output-types.ts';
import { queryFields, type SharedTypes } from '../where/query-fields.ts';
import { relationFields } from '../relations/relation-fields.ts';
import { scalarsOf } from './scalars-of.ts';
import { subscriptionFields } from '../live/watch-fields.ts';

let generic: GraphQLSchema | undefined;

/**
 * The schema of all kinds that are served now: the generic part, which Pothos makes once, and one loop over the kinds.
 * The kinds' types are made of graphql's own classes: for 1,400 types Pothos took 170–270 ms, these take 20–40.
 */
export function buildSchema(registry: Registry): GraphQLSchema {
  generic ??= genericSchema();
  const kinds = registry.all();
  const names = new TypeNames(kinds, [...Object.keys(generic.getTypeMap()), INTERFACE]);
  const scalars = scalarsOf(generic);
  const outputs = new OutputTypes(names, scalars);
  const inputs = new InputTypes(names, scalars);
  const shared: SharedTypes = {
    json: scalars.any,
    where: generic.getType('Where') as GraphQLInputType,
    orderBy: generic.getType('OrderBy') as GraphQLInputType,
    patchType: generic.getType('PatchType') as GraphQLInputType,
  };
  const types = kindTypes(registry, kinds, names, outputs, wholeField(scalars));
  const query = new Root(generic.getQueryType()!);
  const mutation = new Root(generic.getMutationType()!);
  const subscription = new Root(generic.getSubscriptionType()!);
  for (const kind of kinds) {
    const type = types.get(kind)!;
    query.add(queryFields(kind, type, names, shared));
    mutation.add(mutationFields(kind, type, inputs, shared));
    subscription.add(subscriptionFields(kind, type, names, shared));
  }
  return new GraphQLSchema({
    query: query.type(),
    mutation: mutation.type(),
    subscription: subscription.type(),
    types: [...types.values()],
  });
}

/** What all objects have: the type of relations that lead to several kinds. */
const INTERFACE = 'KubernetesObject';

const typeMeta: FieldConfigs = {
  apiVersion: { type: GraphQLString, description: fieldDescription(ANY_OBJECT, 'apiVersion') },
  kind: { type: GraphQLString, description: fieldDescription(ANY_OBJECT, 'kind') },
};

function kindTypes(
  registry: Registry,
  kinds: readonly Kind[],
  names: TypeNames,
  outputs: OutputTypes,
  whole: FieldConfigs[string],
): Map<Kind, GraphQLObjectType> {
  const types = new Map<Kind, GraphQLObjectType>();
  const metadata = kinds.find((kind) => kind.storage.persisted)?.schema.fields.get('metadata')?.schema;
  const anyObject = new GraphQLInterfaceType({
    name: INTERFACE,
    fields: () => ({
      ...typeMeta,
      ...(metadata && {
        metadata: { type: outputs.of(metadata, 'Metadata'), description: fieldDescription(ANY_OBJECT, 'metadata') },
      }),
      _json: whole,
    }),
    resolveType(object: KubeObject) {
      const { group, version } = parseApiVersion(object.apiVersion ?? '');
      const kind = registry.byKind(group, version, object.kind ?? '');
      return kind && types.get(kind)?.name;
    },
  });
  for (const kind of kinds) {
    const typeName = names.ofKind(kind);
    const hasRelations =
      kind.storage.persisted && metadata !== undefined && kind.schema.fields.get('metadata')?.schema === metadata;
    const type = new GraphQLObjectType({
      name: typeName,
      description: typeDescription(kind.schema.name),
      interfaces: hasRelations ? [anyObject] : [],
      fields: () => ({
        ...(hasRelations && relationFields(kind, registry, (to) => types.get(to)!, anyObject)),
        ...typeMeta,
        _json: whole,
        ...outputs.fields(kind.schema, typeName),
      }),
    });
    types.set(kind, type);
    outputs.register(kind.schema, type);
  }
  return types;
}

/** A root type: the generic fields, and those of kinds; a name that is taken gets a `_` behind it. */
class Root {
  private readonly fields: FieldConfigs;
  constructor(private readonly of: GraphQLObjectType) {
    this.fields = { ...(of.toConfig().fields as FieldConfigs) };
  }
  add(more: FieldConfigs): void {
    for (const [name, config] of Object.entries(more)) {
      let free = name;
      while (this.fields[free]) free += '_';
      this.fields[free] = config;
    }
  }
  type(): GraphQLObjectType {
    return new GraphQLObjectType({ name: this.of.name, fields: this.fields });
  }
}
