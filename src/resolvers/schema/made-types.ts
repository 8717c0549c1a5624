import {
  GraphQLInterfaceType,
  GraphQLObjectType,
  GraphQLString,
  type GraphQLInputType,
  type GraphQLNamedType,
  type GraphQLSchema,
} from 'graphql';
import { ANY_OBJECT, fieldDescription, typeDescription } from '../../kinds/descriptions.ts';
import type { Kind, Registry } from '../../kinds/kind.ts';
import type { ObjectSchema } from '../../kinds/schema.ts';
import { parseApiVersion } from '../../meta/gvk.ts';
import type { KubeObject } from '../../meta/object.ts';
import { FACETS, MAKERS } from './facets.ts';
import { InputTypes } from './input-types.ts';
import type { FacetFields, KindTypes } from './kind-types.ts';
import { TypeNames } from './names.ts';
import { OutputTypes, wholeField, type FieldConfigs } from './output-types.ts';
import { scalarsOf, type Scalars } from './scalars-of.ts';

/** What all objects have: the type of relations that lead to several kinds. */
const INTERFACE = 'KubernetesObject';

const typeMeta: FieldConfigs = {
  apiVersion: { type: GraphQLString, description: fieldDescription(ANY_OBJECT, 'apiVersion') },
  kind: { type: GraphQLString, description: fieldDescription(ANY_OBJECT, 'kind') },
};

/** The types of all kinds of a registry, and the fields that its facets give each. */
export class MadeTypes implements KindTypes {
  readonly scalars: Scalars;
  readonly anyObject: GraphQLInterfaceType;
  readonly where: KindTypes['where'] = kept((kind) => MAKERS.where(kind, this));
  readonly orderBy: KindTypes['orderBy'] = kept((kind) => MAKERS.orderBy(kind, this));
  readonly connection: KindTypes['connection'] = kept((kind) => MAKERS.connection(kind, this));
  readonly event: KindTypes['event'] = kept((kind) => MAKERS.event(kind, this));
  readonly object: KindTypes['object'] = kept((kind) => this.makeObject(kind));
  /** of each facet, in their order */
  readonly fieldsOf: (kind: Kind) => readonly FacetFields[] = kept((kind) => FACETS.map((facet) => facet(kind, this)));

  private readonly names: TypeNames;
  private readonly outputs: OutputTypes;
  private readonly inputs: InputTypes;
  private readonly metadata;

  constructor(
    readonly registry: Registry,
    private readonly genericTypes: GraphQLSchema,
  ) {
    const kinds = registry.all();
    this.names = new TypeNames(kinds, [...Object.keys(genericTypes.getTypeMap()), INTERFACE]);
    this.scalars = scalarsOf(genericTypes);
    this.outputs = new OutputTypes(this.names, this.scalars);
    this.inputs = new InputTypes(this.names, this.scalars);
    this.metadata = kinds.find((kind) => kind.storage.persisted)?.schema.fields.get('metadata')?.schema;
    this.anyObject = this.makeInterface();
    // The type of a kind is also that of its struct inside others.
    for (const kind of kinds) this.outputs.register(kind.schema, this.object(kind));
  }

  input(kind: Kind): GraphQLInputType {
    return this.inputs.of(kind.schema, kind.names.type);
  }

  inputToJson({ schema }: Kind, value: unknown): unknown {
    return this.inputs.toJson(schema, value);
  }

  structName(schema: ObjectSchema, path: string): string {
    return this.names.of(schema, path);
  }

  generic(name: string): GraphQLNamedType {
    const type = this.genericTypes.getType(name);
    if (!type) throw new Error(`the generic schema has no type ${name}`);
    return type;
  }

  claim(name: string): string {
    return this.names.claim(name);
  }

  private makeInterface(): GraphQLInterfaceType {
    const { metadata, registry } = this;
    return new GraphQLInterfaceType({
      name: INTERFACE,
      fields: () => ({
        ...typeMeta,
        ...(metadata && {
          metadata: {
            type: this.outputs.of(metadata, 'Metadata'),
            description: fieldDescription(ANY_OBJECT, 'metadata'),
          },
        }),
        _json: wholeField(this.scalars),
      }),
      resolveType: (object: KubeObject) => {
        const { group, version } = parseApiVersion(object.apiVersion ?? '');
        const kind = registry.byKind(group, version, object.kind ?? '');
        return kind && this.object(kind).name;
      },
    });
  }

  private makeObject(kind: Kind): GraphQLObjectType {
    const name = this.names.ofKind(kind);
    const { schema, storage } = kind;
    const stored =
      storage.persisted && this.metadata !== undefined && schema.fields.get('metadata')?.schema === this.metadata;
    return new GraphQLObjectType({
      name,
      description: typeDescription(schema.name),
      interfaces: stored ? [this.anyObject] : [],
      fields: () => ({
        ...(stored && Object.assign({}, ...this.fieldsOf(kind).map(({ object }: FacetFields) => object))),
        ...typeMeta,
        _json: wholeField(this.scalars),
        ...this.outputs.fields(schema, name),
      }),
    });
  }
}

function kept<T>(make: (kind: Kind) => T): (kind: Kind) => T {
  const made = new Map<Kind, T>();
  return (kind) => {
    let type = made.get(kind);
    if (type === undefined) made.set(kind, (type = make(kind)));
    return type;
  };
}
