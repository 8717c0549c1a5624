import {
  GraphQLInputObjectType,
  GraphQLList,
  GraphQLNonNull,
  GraphQLString,
  type GraphQLInputFieldConfig,
  type GraphQLInputType,
} from 'graphql';
import type { ObjectSchema, Schema } from '../../kinds/schema.ts';
import { ByType } from './by-type.ts';
import type { LeafTypes } from './leaf-types.ts';
import { fieldTextWithValues } from './field-text.ts';
import { ByStruct, fieldNames } from './names.ts';
import { structText } from './struct-text.ts';
import { inputTypeOf, type Makers } from './struct-types.ts';
import type { TypeNames } from './type-names.ts';
import type { Scalars } from './scalars-of.ts';

/**
 * Input types, one per struct: the output's name and `Input`, the output's field names. Nothing is required here: what
 * must be there is the API's word, which says it with all causes at once and as every other client hears it.
 */
export class InputTypes {
  private readonly structs = new ByStruct<GraphQLInputType>();
  private readonly entries = new ByType<GraphQLInputObjectType>();
  private readonly jsonNames = new WeakMap<ObjectSchema, Map<string, string>>();

  constructor(
    private readonly names: TypeNames,
    private readonly leafs: LeafTypes,
    private readonly scalars: Scalars,
  ) {}

  of(schema: Schema, path: string): GraphQLInputType {
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

  /** The JSON object that an input value says: field names back to JSON's, pairs back to maps. */
  toJson(schema: Schema, value: unknown): unknown {
    if (value === null || value === undefined) return value;
    switch (schema.type) {
      case 'object':
        return schema.fields.size ? this.structToJson(schema, value as Record<string, unknown>) : value;
      case 'list':
        return (value as unknown[]).map((item) => this.toJson(schema.item, item));
      case 'map': {
        const pairs = value as { key: string; value?: unknown }[];
        return Object.fromEntries(pairs.map((pair) => [pair.key, this.toJson(schema.value, pair.value)]));
      }
      default:
        return value;
    }
  }

  private structToJson(schema: ObjectSchema, value: Record<string, unknown>): Record<string, unknown> {
    // entries, as `__proto__` is a name like others
    const json: [string, unknown][] = [];
    const names = this.namesOf(schema);
    for (const [name, part] of Object.entries(value)) {
      const field = schema.fields.get(names.get(name) ?? '');
      if (field) json.push([field.name, this.toJson(field.schema, part)]);
      else {
        const map = schema.fields.get(names.get(name.slice(0, -'JSON'.length)) ?? '');
        if (map) json.push([map.name, part]);
      }
    }
    return Object.fromEntries(json);
  }

  /** GraphQL name → JSON name */
  private namesOf(schema: ObjectSchema): Map<string, string> {
    let names = this.jsonNames.get(schema);
    if (!names) {
      names = new Map([...fieldNames(schema)].map(([json, name]) => [name, json]));
      this.jsonNames.set(schema, names);
    }
    return names;
  }

  private struct(schema: ObjectSchema, path: string): GraphQLInputType {
    let type = this.structs.get(schema);
    if (!type) {
      if (schema.fields.size) {
        const name = this.names.of(schema, path);
        const config = { name: this.names.claim(`${name}Input`), description: structText(schema, name) };
        type = inputTypeOf(config, () => this.fields(schema, name), schema.fields.size);
      } else type = this.scalars.any;
      this.structs.set(schema, type);
    }
    return type;
  }

  private fields(schema: ObjectSchema, typeName: string): Makers<GraphQLInputFieldConfig> {
    const makers = new Map<string, () => GraphQLInputFieldConfig>();
    for (const [name, json] of this.namesOf(schema)) {
      const field = schema.fields.get(json);
      if (!field) continue;
      makers.set(name, () => ({
        type: this.of(field.schema, `${typeName}_${json}`),
        description: fieldTextWithValues(schema, field),
      }));
      if (field.schema.type === 'map')
        makers.set(`${name}JSON`, () => ({
          type: this.scalars.any,
          description: `${name} as JSON, in place of the pairs`,
        }));
    }
    return makers;
  }

  private entry(value: GraphQLInputType): GraphQLInputObjectType {
    return this.entries.of(
      value,
      (valueName) =>
        new GraphQLInputObjectType({
          name: this.names.claim(`${valueName.replace(/Input$/, '')}EntryInput`),
          description: 'One entry of a map.',
          fields: {
            key: { type: new GraphQLNonNull(GraphQLString), description: 'The key in the map.' },
            value: { type: value, description: 'What the map is to have there.' },
          },
        }),
    );
  }
}
