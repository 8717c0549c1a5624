import {
  GraphQLEnumType,
  GraphQLInputObjectType,
  GraphQLNonNull,
  GraphQLString,
  type GraphQLInputFieldConfig,
  type GraphQLInputFieldConfigMap,
  type GraphQLInputType,
} from 'graphql';
import type { ObjectSchema, Schema } from '../../kinds/schema.ts';
import { fieldText } from '../schema/field-text.ts';
import type { KindTypes, TypeMaker } from '../schema/kind-types.ts';
import { ByType } from '../schema/by-type.ts';
import { ByStruct, namesOf } from '../schema/names.ts';
import { inputTypeOf, type Makers } from '../schema/struct-types.ts';
import { isPlain } from './conditions.ts';
import { queryFieldsOf } from './field-names.ts';

/** `PodField` */
export const fieldType: TypeMaker<GraphQLInputObjectType> = (kind, types) =>
  fieldTypesOf(types).struct(kind.schema, namesOf(kind).type);

/** How a field is meant where it is named. */
export const pickType = (types: KindTypes): GraphQLEnumType => fieldTypesOf(types).pick;

const made = new WeakMap<KindTypes, FieldTypes>();
function fieldTypesOf(types: KindTypes): FieldTypes {
  let own = made.get(types);
  if (!own) made.set(types, (own = new FieldTypes(types)));
  return own;
}

/** Whether a scalar is at it or below it. */
const scalars = new WeakMap<Schema, boolean>();
function hasScalar(schema: Schema): boolean {
  const known = scalars.get(schema);
  if (known !== undefined) return known;
  // in a circle it is the others that count
  scalars.set(schema, false);
  const has =
    schema.type === 'list'
      ? hasScalar(schema.item)
      : schema.type === 'map'
        ? hasScalar(schema.value)
        : schema.type === 'object'
          ? [...schema.fields.values()].some((field) => hasScalar(field.schema))
          : schema.type !== 'any';
  scalars.set(schema, has);
  return has;
}

/** Whether it has a type here. */
const hasType = (schema: Schema): boolean =>
  schema.type === 'list' ? hasType(schema.item) : schema.type === 'map' ? hasType(schema.value) : hasScalar(schema);

/**
 * Types that name one field of a kind, for orders, groups and sums alike; made when first asked for, one per struct.
 * What they say is compiled by compile-field.ts.
 */
class FieldTypes {
  private readonly structs = new ByStruct<GraphQLInputObjectType>();
  private readonly entries = new ByType<GraphQLInputObjectType>();
  private plainEntry: GraphQLInputObjectType | undefined;
  readonly pick: GraphQLEnumType;

  constructor(private readonly types: KindTypes) {
    this.pick = new GraphQLEnumType({
      name: types.claim('Pick'),
      description: 'Names a field.',
      values: {
        ASC: { description: 'in ascending order; what has no value comes last' },
        DESC: { description: 'in descending order; what has no value comes last' },
        VALUE: { description: 'its value; where an order is needed, ascending' },
      },
    });
  }

  /** @param path see KindTypes.structName */
  struct(schema: ObjectSchema, path: string): GraphQLInputObjectType {
    let type = this.structs.get(schema);
    if (!type) {
      const name = this.types.structName(schema, path);
      const config = {
        name: this.types.claim(`${name}Field`),
        description: 'One field: exactly one is named at each level.',
      };
      type = inputTypeOf(config, () => this.fields(schema, name), schema.fields.size);
      this.structs.set(schema, type);
    }
    return type;
  }

  /** Of what has an order (`hasType`). A list's field is that of its items. */
  private of(schema: Schema, path: string): GraphQLInputType {
    switch (schema.type) {
      case 'object':
        return this.struct(schema, path);
      case 'list':
        return this.of(schema.item, `${path}Item`);
      case 'map':
        return this.entry(this.of(schema.value, `${path}Value`), isPlain(schema.value));
      default:
        return this.pick;
    }
  }

  private fields(schema: ObjectSchema, typeName: string): Makers<GraphQLInputFieldConfig> {
    const makers = new Map<string, () => GraphQLInputFieldConfig>();
    for (const [name, field] of queryFieldsOf(schema)) {
      const { name: json, schema: of } = field;
      if (!hasType(of)) continue;
      makers.set(name, () => ({ type: this.of(of, `${typeName}_${json}`), description: fieldText(schema, field) }));
    }
    return makers;
  }

  private entry(value: GraphQLInputType, plain: boolean): GraphQLInputObjectType {
    if (!plain)
      return this.entries.of(value, (base) =>
        this.makeEntry(base, { value: { type: new GraphQLNonNull(value), description: 'which field of the value' } }),
      );
    return (this.plainEntry ??= this.makeEntry('', {
      pick: { type: value, defaultValue: 'VALUE', description: 'the direction, or the value alone' },
    }));
  }

  private makeEntry(base: string, fields: GraphQLInputFieldConfigMap): GraphQLInputObjectType {
    return new GraphQLInputObjectType({
      name: this.types.claim(`${base.replace(/Field(_*)$/, '$1')}EntryField`),
      description: 'The entry of a map with this key.',
      fields: { key: { type: new GraphQLNonNull(GraphQLString), description: 'whose value is meant' }, ...fields },
    });
  }
}
