import {
  GraphQLList,
  GraphQLNonNull,
  GraphQLObjectType,
  GraphQLString,
  type GraphQLFieldConfig,
  type GraphQLFieldConfigMap,
  type GraphQLNamedOutputType,
  type GraphQLOutputType,
} from 'graphql';
import { fieldDescription, typeDescription } from '../../kinds/descriptions.ts';
import type { ObjectSchema, Schema } from '../../kinds/schema.ts';
import { PLAIN } from '../compiled/plain.ts';
import { counted, type OperationContext } from '../context.ts';
import { fieldNames, structKey, type StructKey, type TypeNames } from './names.ts';
import type { Scalars } from './scalars-of.ts';

type Source = any;
type FieldConfig = GraphQLFieldConfig<Source, OperationContext>;
export type FieldConfigs = GraphQLFieldConfigMap<Source, OperationContext>;

/**
 * Output types, one per struct, made when first asked for. All fields can be null: an object that was stored under an
 * older rule must not break a query. A map is a list of `{key, value}`, and whole as `<field>JSON`, so no key is mangled.
 */
export class OutputTypes {
  private readonly structs = new Map<StructKey, GraphQLOutputType>();
  private readonly entries = new Map<string, GraphQLObjectType>();

  constructor(
    private readonly names: TypeNames,
    private readonly scalars: Scalars,
  ) {}

  /** The type of a kind is also that of its struct inside others (claim templates of a StatefulSet). */
  register(schema: ObjectSchema, type: GraphQLObjectType): void {
    if (!this.structs.has(structKey(schema))) this.structs.set(structKey(schema), type);
  }

  /** @param path see TypeNames.of */
  of(schema: Schema, path: string): GraphQLOutputType {
    switch (schema.type) {
      case 'object':
        return this.struct(schema, path);
      case 'list':
        return new GraphQLList(
          schema.item.type === 'any' ? this.scalars.any : new GraphQLNonNull(this.of(schema.item, `${path}Item`)),
        );
      case 'map':
        return new GraphQLList(new GraphQLNonNull(this.entry(this.of(schema.value, `${path}Value`))));
      default:
        return this.scalars[schema.type];
    }
  }

  /** The fields of a struct: for its own type, and for a kind's, which has more. */
  fields(schema: ObjectSchema, typeName: string): FieldConfigs {
    const configs: FieldConfigs = {};
    const names = fieldNames(schema);
    for (const [json, field] of schema.fields) {
      const name = names.get(json)!;
      const type = this.of(field.schema, `${typeName}_${json}`);
      const description = fieldDescription(schema.name, json);
      configs[name] =
        field.schema.type === 'map'
          ? { ...mapField(type, json), description }
          : name === json
            ? { type, description }
            : {
                type,
                description,
                extensions: PLAIN,
                resolve: (source: Source, _, context: OperationContext | undefined, info) =>
                  context ? counted(source[json], context, info) : source[json],
              };
    }
    for (const [json, field] of schema.fields) {
      const name = `${names.get(json)!}JSON`;
      if (field.schema.type === 'map' && !configs[name])
        configs[name] = { type: this.scalars.any, extensions: PLAIN, resolve: (source: Source) => source[json] };
    }
    if (schema.preserveUnknown && schema.fields.size) configs['_json'] ??= wholeField(this.scalars);
    return configs;
  }

  private struct(schema: ObjectSchema, path: string): GraphQLOutputType {
    let type = this.structs.get(structKey(schema));
    if (!type) {
      type = schema.fields.size ? this.make(schema, this.names.of(schema, path)) : this.scalars.any;
      this.structs.set(structKey(schema), type);
    }
    return type;
  }

  private make(schema: ObjectSchema, name: string): GraphQLObjectType {
    return new GraphQLObjectType<Source, OperationContext>({
      name,
      description: typeDescription(schema.name),
      fields: () => this.fields(schema, name),
    });
  }

  /** `StringEntry`, `QuantityEntry`: a pair of a map, one type per type of value. */
  private entry(value: GraphQLOutputType): GraphQLObjectType {
    const valueName = nameOf(value);
    let type = this.entries.get(valueName);
    if (!type) {
      type = new GraphQLObjectType({
        name: this.names.claim(`${valueName}Entry`),
        fields: { key: { type: new GraphQLNonNull(GraphQLString) }, value: { type: value } },
      });
      this.entries.set(valueName, type);
    }
    return type;
  }
}

export const wholeField = (scalars: Scalars): FieldConfig => ({
  type: scalars.any,
  description: 'All of it.',
  extensions: PLAIN,
  resolve: (source: Source) => source as unknown,
});

const mapField = (type: GraphQLOutputType, json: string): FieldConfig => ({
  type,
  extensions: PLAIN,
  // without a context where it is compiled
  resolve: (source: Source, _, context: OperationContext | undefined, info) => {
    const map = source[json] as Record<string, unknown> | null | undefined;
    const entries = map && Object.entries(map).map(([key, value]) => ({ key, value }));
    return entries && context ? context.budget.items(entries, info) : entries;
  },
});

const nameOf = (type: GraphQLOutputType): string =>
  type instanceof GraphQLList
    ? `${nameOf(type.ofType as GraphQLOutputType)}List`
    : type instanceof GraphQLNonNull
      ? nameOf(type.ofType as GraphQLOutputType)
      : (type as GraphQLNamedOutputType).name;
