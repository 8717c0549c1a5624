import {
  GraphQLInterfaceType,
  GraphQLObjectType,
  GraphQLString,
  type GraphQLInputType,
  type GraphQLLeafType,
  type GraphQLNamedType,
  type GraphQLSchema,
} from 'graphql';
import { ANY_OBJECT, fieldDescription } from '../../kinds/descriptions.ts';
import type { Kind, Registry } from '../../kinds/kind.ts';
import type { ObjectSchema, Schema } from '../../kinds/schema.ts';
import { parseApiVersion } from '../../meta/gvk.ts';
import type { KubeObject } from '../../meta/object.ts';
import { Dependencies } from './dependencies.ts';
import { FACETS, MAKERS } from './facets.ts';
import { InputTypes } from './input-types.ts';
import type { FacetFields, KindTypes } from './kind-types.ts';
import { LeafTypes } from './leaf-types.ts';
import { namesOf } from './names.ts';
import { objectFields } from './object-fields.ts';
import { OutputTypes, type FieldConfigs } from './output-types.ts';
import { scalarsOf, type Scalars } from './scalars-of.ts';
import { structText } from './struct-text.ts';
import { objectTypeOf, type Makers } from './struct-types.ts';
import { TypeNames } from './type-names.ts';

/** What all objects have: the type of relations that lead to several kinds. */
export const INTERFACE = 'KubernetesObject';

const typeMeta: FieldConfigs = {
  apiVersion: { type: GraphQLString, description: fieldDescription(ANY_OBJECT, 'apiVersion') },
  kind: { type: GraphQLString, description: fieldDescription(ANY_OBJECT, 'kind') },
};

/** What is made of one kind; `Made.of` asks for it. */
interface Made {
  object?: GraphQLObjectType;
  where?: GraphQLInputType;
  orderBy?: GraphQLInputType;
  connection?: GraphQLObjectType;
  event?: GraphQLObjectType;
  /** of each facet, in their order */
  fields?: readonly FacetFields[];
}

/**
 * The types of all kinds of a registry, and the fields that its facets give each: made once per kind, which is another
 * one when its definition changes, and once more when another kind that they lead to does.
 */
export class MadeTypes implements KindTypes {
  readonly registry: Registry;
  readonly scalars: Scalars;
  readonly anyObject: GraphQLInterfaceType;
  private readonly names: TypeNames;
  private readonly outputs: OutputTypes;
  private readonly inputs: InputTypes;
  private readonly leafs: LeafTypes;
  private readonly dependencies: Dependencies;
  private readonly made = new WeakMap<Kind, Made>();
  private readonly metadata;

  constructor(
    registry: Registry,
    private readonly genericTypes: GraphQLSchema,
  ) {
    this.dependencies = new Dependencies(registry, (kind) => this.made.delete(kind));
    this.registry = this.dependencies.registry;
    const builtin = registry.all().filter(({ custom }) => !custom);
    this.names = new TypeNames(builtin, [...Object.keys(genericTypes.getTypeMap()), INTERFACE]);
    this.scalars = scalarsOf(genericTypes);
    this.leafs = new LeafTypes(this.names, this.scalars);
    this.outputs = new OutputTypes(this.names, this.leafs, this.scalars);
    this.inputs = new InputTypes(this.names, this.leafs, this.scalars);
    this.metadata = builtin.find((kind) => kind.storage.persisted)?.schema.fields.get('metadata')?.schema;
    this.anyObject = this.makeInterface();
    // The type of a kind is also that of its struct inside others.
    for (const kind of builtin) this.outputs.register(kind.schema, () => this.object(kind));
  }

  object(kind: Kind): GraphQLObjectType {
    return this.once(kind, 'object', () => this.makeObject(kind));
  }
  where(kind: Kind): GraphQLInputType {
    return this.once(kind, 'where', () => MAKERS.where(kind, this));
  }
  orderBy(kind: Kind): GraphQLInputType {
    return this.once(kind, 'orderBy', () => MAKERS.orderBy(kind, this));
  }
  connection(kind: Kind): GraphQLObjectType {
    return this.once(kind, 'connection', () => MAKERS.connection(kind, this));
  }
  event(kind: Kind): GraphQLObjectType {
    return this.once(kind, 'event', () => MAKERS.event(kind, this));
  }
  fieldsOf(kind: Kind): readonly FacetFields[] {
    return this.once(kind, 'fields', () => FACETS.map((facet) => facet(kind, this)));
  }
  input(kind: Kind): GraphQLInputType {
    this.known(kind);
    return this.inputs.of(kind.schema, namesOf(kind).type);
  }

  inputToJson({ schema }: Kind, value: unknown): unknown {
    return this.inputs.toJson(schema, value);
  }

  leaf(schema: Schema, path: string): GraphQLLeafType {
    return this.leafs.of(schema, path);
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

  /** Another one when what is made of the kind is not what was made of it any more. */
  stateOf(kind: Kind): object {
    return this.dependencies.stateOf(kind);
  }

  private once<K extends keyof Made>(kind: Kind, what: K, make: () => NonNullable<Made[K]>): NonNullable<Made[K]> {
    const made = this.known(kind);
    const type: Made[K] = made[what];
    return type ?? (made[what] = this.dependencies.making(kind, make));
  }

  private known(kind: Kind): Made {
    this.dependencies.uses(kind);
    let made = this.made.get(kind);
    if (!made) {
      this.made.set(kind, (made = {}));
      if (kind.custom) this.names.add(kind);
    }
    return made;
  }

  private makeInterface(): GraphQLInterfaceType {
    const { metadata } = this;
    return new GraphQLInterfaceType({
      name: INTERFACE,
      description: 'What objects of all kinds have in common.',
      fields: () => ({
        ...typeMeta,
        ...(metadata && {
          metadata: {
            type: this.outputs.of(metadata, 'Metadata'),
            description: fieldDescription(ANY_OBJECT, 'metadata'),
          },
        }),
        ...objectFields(this.scalars),
      }),
      resolveType: (object: KubeObject) => {
        const { group, version } = parseApiVersion(object.apiVersion ?? '');
        const kind = this.registry.byKind(group, version, object.kind ?? '');
        return kind && namesOf(kind).type;
      },
    });
  }

  private makeObject(kind: Kind): GraphQLObjectType {
    const { type: name } = namesOf(kind);
    const { schema, storage } = kind;
    const stored =
      storage.persisted && this.metadata !== undefined && schema.fields.get('metadata')?.schema === this.metadata;
    const config = {
      name,
      description: structText(schema, name),
      interfaces: stored ? [this.anyObject] : [],
    };
    return objectTypeOf(
      config,
      () => this.dependencies.making(kind, () => this.fieldsOfObject(kind, stored)),
      schema.fields.size,
    );
  }

  private fieldsOfObject(kind: Kind, stored: boolean): Makers<FieldConfigs[string]> {
    const ours: FieldConfigs = {
      ...(stored && Object.assign({}, ...this.fieldsOf(kind).map(({ object }) => object))),
      ...typeMeta,
      ...objectFields(this.scalars),
    };
    const own = Object.entries(ours).map(([name, config]) => [name, () => config] as const);
    return new Map([...own, ...this.outputs.fields(kind.schema, namesOf(kind).type, ours)]);
  }
}
