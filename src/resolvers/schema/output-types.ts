import {
  GraphQLList,
  GraphQLNonNull,
  GraphQLObjectType,
  GraphQLString,
  type GraphQLFieldConfig,
  type GraphQLFieldConfigMap,
  type GraphQLOutputType,
} from 'graphql';
import type { Field, ObjectSchema, Schema } from '../../kinds/schema.ts';
import { PLAIN } from '../compiled/plain.ts';
import { counted, type OperationContext } from '../context.ts';
import { ByType } from './by-type.ts';
import type { LeafTypes } from './leaf-types.ts';
import { fieldTextWithValues } from './field-text.ts';
import { ByStruct, fieldNames } from './names.ts';
import { structText } from './struct-text.ts';
import { objectTypeOf, type Makers } from './struct-types.ts';
import type { TypeNames } from './type-names.ts';
import type { Scalars } from './scalars-of.ts';

type Source = any;
type FieldConfig = GraphQLFieldConfig<Source, OperationContext>;
export type FieldConfigs = GraphQLFieldConfigMap<Source, OperationContext>;

/**
 * Output types, one per struct, made when first asked for. All fields can be null: an object that was stored under an
 * older rule must not break a query. A map is a list of `{key, value}`, and whole as `<field>JSON`, so no key is mangled.
 */
export class OutputTypes {
  private readonly structs = new ByStruct<() => GraphQLOutputType>();
  private readonly entries = new ByType<GraphQLObjectType>();

  constructor(
    private readonly names: TypeNames,
    private readonly leafs: LeafTypes,
    private readonly scalars: Scalars,
  ) {}

  /** The type of a kind is also that of its struct inside others (claim templates of a StatefulSet). */
  register(schema: ObjectSchema, type: () => GraphQLObjectType): void {
    if (!this.structs.get(schema)) this.structs.set(schema, type);
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
        return this.leafs.of(schema, path);
    }
  }

  /**
   * The fields of a struct: for its own type, and for a kind's, which has more.
   * @param ours fields that a kind has besides: they keep their names
   */
  fields(schema: ObjectSchema, typeName: string, ours: FieldConfigs = {}): Makers<FieldConfig> {
    const makers = new Map<string, () => FieldConfig>();
    const names = fieldNames(schema);
    for (const [json, field] of schema.fields) {
      let name = names.get(json) ?? json;
      // apiVersion and kind are the object's own in both
      while (Object.hasOwn(ours, name) && !TYPE_META.has(json)) name += '_';
      makers.set(name, () => this.field(schema, field, name, `${typeName}_${json}`));
    }
    for (const [json, field] of schema.fields)
      if (field.schema.type === 'map') {
        const name = names.get(json) ?? json;
        makers.set(`${name}JSON`, () => ({
          type: this.scalars.any,
          description: `${name} as JSON`,
          extensions: PLAIN,
          resolve: valueOf(json),
        }));
      }
    if (schema.preserveUnknown && schema.fields.size && !ours['_json'])
      makers.set('_json', () => wholeField(this.scalars));
    if (schema.name === METADATA) {
      makers.set('label', () => byKey('labels'));
      makers.set('annotation', () => byKey('annotations'));
    }
    return makers;
  }

  private field(schema: ObjectSchema, field: Field, name: string, path: string): FieldConfig {
    const { name: json } = field;
    const type = this.of(field.schema, path);
    const description = fieldTextWithValues(schema, field);
    if (field.schema.type === 'map') return { ...mapField(type, valueOf(json)), description };
    // of an object that has no such property it is not what all inherit
    if (name === json && !isInherited(json)) return { type, description };
    const read = valueOf(json);
    return {
      type,
      description,
      extensions: PLAIN,
      resolve: (source: Source, _, context: OperationContext | undefined, info) =>
        context ? counted(read(source), context, info) : read(source),
    };
  }

  private struct(schema: ObjectSchema, path: string): GraphQLOutputType {
    let type = this.structs.get(schema);
    if (!type) {
      const made = schema.fields.size ? this.make(schema, this.names.of(schema, path)) : this.scalars.any;
      this.structs.set(schema, (type = () => made));
    }
    return type();
  }

  private make(schema: ObjectSchema, name: string): GraphQLObjectType {
    const config = { name, description: structText(schema, name) };
    return objectTypeOf(config, () => this.fields(schema, name), schema.fields.size);
  }

  /** `StringEntry`, `QuantityEntry`: a pair of a map, one type per type of value. */
  private entry(value: GraphQLOutputType): GraphQLObjectType {
    return this.entries.of(
      value,
      (valueName) =>
        new GraphQLObjectType({
          name: this.names.claim(`${valueName}Entry`),
          description: 'One entry of a map.',
          fields: {
            key: { type: new GraphQLNonNull(GraphQLString), description: 'The key in the map.' },
            value: { type: value, description: 'What the map has there.' },
          },
        }),
    );
  }
}

/** `constructor`, `toString`: every object has one. */
const isInherited = (name: string): boolean => name in Object.prototype;
const valueOf = (json: string): ((source: Source) => unknown) =>
  isInherited(json) ? (source) => (Object.hasOwn(source, json) ? source[json] : undefined) : (source) => source[json];

const TYPE_META: ReadonlySet<string> = new Set(['apiVersion', 'kind']);
const METADATA = 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta';

/** `label(key:)` */
const byKey = (map: 'labels' | 'annotations'): FieldConfig => ({
  type: GraphQLString,
  description: `The value of one of the ${map}; null where there is none of that key.`,
  args: { key: { type: new GraphQLNonNull(GraphQLString), description: '`app.kubernetes.io/name`' } },
  resolve: (source: Source, { key }: { key: string }) => {
    const values = source[map] as Record<string, string> | null | undefined;
    return values && Object.hasOwn(values, key) ? values[key] : null;
  },
});

export const wholeField = (scalars: Scalars): FieldConfig => ({
  type: scalars.any,
  description: 'All of it.',
  extensions: PLAIN,
  resolve: (source: Source) => source as unknown,
});

const mapField = (type: GraphQLOutputType, read: (source: Source) => unknown): FieldConfig => ({
  type,
  extensions: PLAIN,
  // without a context where it is compiled
  resolve: (source: Source, _, context: OperationContext | undefined, info) => {
    const map = read(source) as Record<string, unknown> | null | undefined;
    const entries = map && Object.entries(map).map(([key, value]) => ({ key, value }));
    return entries && context ? context.budget.items(entries, info) : entries;
  },
});
