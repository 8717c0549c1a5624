import { GraphQLObjectType, GraphQLSchema } from 'graphql';
import type { Registry } from '../../kinds/kind.ts';
import { genericSchema } from '../generic.ts';
import type { FacetFields } from './kind-types.ts';
import { MadeTypes } from './made-types.ts';
import type { FieldConfigs } from './output-types.ts';

let generic: GraphQLSchema | undefined;

/**
 * The schema of all kinds that are served now: the generic part, which Pothos makes once, and one loop over kinds and
 * facets. The kinds' types are made of graphql's own classes: for 1,400 types Pothos took 170–270 ms, these take 20–40.
 */
export function buildSchema(registry: Registry): GraphQLSchema {
  generic ??= genericSchema();
  const types = new MadeTypes(registry, generic);
  const query = new Root(generic.getQueryType()!, 'query');
  const mutation = new Root(generic.getMutationType()!, 'mutation');
  const subscription = new Root(generic.getSubscriptionType()!, 'subscription');
  const kinds = registry.all();
  for (const kind of kinds)
    for (const fields of types.fieldsOf(kind)) for (const root of [query, mutation, subscription]) root.add(fields);
  return new GraphQLSchema({
    query: query.type(),
    mutation: mutation.type(),
    subscription: subscription.type(),
    types: kinds.map((kind) => types.object(kind)),
  });
}

/** A root type: the generic fields, and those of kinds; a name that is taken gets a `_` behind it. */
class Root {
  private readonly fields: FieldConfigs;
  constructor(
    private readonly of: GraphQLObjectType,
    private readonly part: Exclude<keyof FacetFields, 'object'>,
  ) {
    this.fields = { ...(of.toConfig().fields as FieldConfigs) };
  }
  add(more: FacetFields): void {
    for (const [name, config] of Object.entries(more[this.part] ?? {})) {
      let free = name;
      while (this.fields[free]) free += '_';
      this.fields[free] = config;
    }
  }
  type(): GraphQLObjectType {
    return new GraphQLObjectType({ name: this.of.name, fields: this.fields });
  }
}
