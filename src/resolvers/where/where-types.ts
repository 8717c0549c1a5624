import {
  GraphQLBoolean,
  GraphQLInputObjectType,
  GraphQLList,
  GraphQLNonNull,
  GraphQLString,
  type GraphQLInputFieldConfig,
  type GraphQLInputFieldConfigMap,
  type GraphQLInputType,
  type GraphQLScalarType,
} from 'graphql';
import type { ObjectSchema, ScalarSchema, Schema } from '../../kinds/schema.ts';
import { fieldTextWithValues } from '../schema/field-text.ts';
import type { KindTypes, TypeMaker } from '../schema/kind-types.ts';
import { ByStruct, namesOf } from '../schema/names.ts';
import { inputTypeOf, type Makers } from '../schema/struct-types.ts';
import { isPlain } from './conditions.ts';
import { queryFieldsOf } from './field-names.ts';
import { meaningOf, SCALAR_VALUES } from './scalar-values.ts';
import { WORDS } from './word-texts.ts';
import { wordsOf, type Word } from './scalar-condition.ts';

/** `PodWhere` */
export const whereType: TypeMaker<GraphQLInputType> = (kind, types) =>
  whereTypesOf(types).struct(kind.schema, namesOf(kind).type);

/** `IntWhere` */
export const scalarWhereType = (type: ScalarSchema['type'], types: KindTypes): GraphQLInputType =>
  whereTypesOf(types).of({ type }, '');

const made = new WeakMap<KindTypes, WhereTypes>();
function whereTypesOf(types: KindTypes): WhereTypes {
  let own = made.get(types);
  if (!own) made.set(types, (own = new WhereTypes(types)));
  return own;
}

/**
 * Types of `where`, made when first asked for: one per struct, one per scalar, and one for lists and for maps of each.
 * What they say is compiled by compile-where.ts.
 */
class WhereTypes {
  private readonly structs = new ByStruct<GraphQLInputObjectType>();
  private readonly others = new Map<string, GraphQLInputObjectType>();
  private readonly made = new WeakMap<GraphQLInputObjectType, Map<string, GraphQLInputObjectType>>();

  constructor(private readonly types: KindTypes) {}

  /** @param path see KindTypes.structName */
  struct(schema: ObjectSchema, path: string): GraphQLInputObjectType {
    let type = this.structs.get(schema);
    if (!type) {
      const name = this.types.structName(schema, path);
      const config = {
        name: this.types.claim(`${name}Where`),
        description: `What \`${name}\` has to be like: all that is said holds.`,
      };
      const made: GraphQLInputObjectType = inputTypeOf(
        config,
        () => this.fields(schema, name, combined(made)),
        schema.fields.size,
      );
      this.structs.set(schema, (type = made));
    }
    return type;
  }

  of(schema: Schema, path: string): GraphQLInputObjectType {
    switch (schema.type) {
      case 'object':
        return schema.fields.size ? this.struct(schema, path) : this.any();
      case 'list': {
        const item = this.of(schema.item, `${path}Item`);
        return this.onceOf(item, `${baseOf(item)}ListWhere`, () => ({
          some: { type: item, description: 'one of the items is like this' },
          every: { type: item, description: 'all items are like this' },
          none: { type: item, description: 'no item is like this' },
          isEmpty: { type: GraphQLBoolean, description: 'A list that is not there is empty.' },
          size: { type: this.of({ type: 'int32' }, ''), description: 'how many items there are' },
        }));
      }
      case 'map': {
        const value = this.of(schema.value, `${path}Value`);
        const key = { key: { type: new GraphQLNonNull(GraphQLString), description: 'whose value is looked at' } };
        return this.onceOf(value, `${baseOf(value)}EntryWhere`, () => ({
          ...key,
          ...(isPlain(schema.value)
            ? this.words(schema.value)
            : { value: { type: new GraphQLNonNull(value), description: 'what the value is like' } }),
        }));
      }
      case 'any':
        return this.any();
      default:
        return this.once(`${this.types.scalars[meaningOf(schema)].name}Where`, () => this.words(schema));
    }
  }

  private fields(
    schema: ObjectSchema,
    typeName: string,
    combining: GraphQLInputFieldConfigMap,
  ): Makers<GraphQLInputFieldConfig> {
    const makers = new Map<string, () => GraphQLInputFieldConfig>();
    for (const [name, field] of queryFieldsOf(schema))
      makers.set(name, () => {
        const { name: json, schema: of } = field;
        const type = this.of(of, `${typeName}_${json}`);
        return {
          type: of.type === 'map' ? new GraphQLList(new GraphQLNonNull(type)) : type,
          description: fieldTextWithValues(schema, field),
        };
      });
    for (const [name, config] of Object.entries(combining)) makers.set(name, () => config);
    return makers;
  }

  private any(): GraphQLInputObjectType {
    return this.once(`${this.types.scalars.any.name}Where`, () => this.words({ type: 'any' }));
  }

  private words(schema: Schema): GraphQLInputFieldConfigMap {
    if (schema.type === 'any' || schema.type === 'object')
      return {
        at: {
          type: new GraphQLList(new GraphQLNonNull(GraphQLString)),
          description: 'Names and indexes that lead to a value inside.',
        },
        ...this.configs(wordsOf({ ordered: true, text: true }), this.types.scalars.any),
      };
    const type = meaningOf(schema as ScalarSchema);
    return this.configs(wordsOf(SCALAR_VALUES[type]), this.types.scalars[type]);
  }

  private configs(words: readonly Word[], scalar: GraphQLScalarType): GraphQLInputFieldConfigMap {
    const list = new GraphQLList(new GraphQLNonNull(scalar));
    return Object.fromEntries(
      words.map((word) => {
        const type = TYPES[word] ?? (word === 'in' || word === 'notIn' ? list : scalar);
        return [word, { type, description: WORDS[word] }];
      }),
    );
  }

  /** What is made of another type goes with it. */
  private onceOf(
    of: GraphQLInputObjectType,
    name: string,
    fields: () => GraphQLInputFieldConfigMap,
  ): GraphQLInputObjectType {
    let all = this.made.get(of);
    if (!all) this.made.set(of, (all = new Map<string, GraphQLInputObjectType>()));
    let type = all.get(name);
    if (!type)
      all.set(
        name,
        (type = new GraphQLInputObjectType({ name: this.types.claim(name), description: CONDITIONS, fields })),
      );
    return type;
  }

  private once(name: string, fields: () => GraphQLInputFieldConfigMap): GraphQLInputObjectType {
    let type = this.others.get(name);
    if (!type) {
      type = new GraphQLInputObjectType({ name: this.types.claim(name), description: CONDITIONS, fields });
      this.others.set(name, type);
    }
    return type;
  }
}

const CONDITIONS = 'Conditions on a value: all that are said hold.';

const baseOf = ({ name }: GraphQLInputObjectType): string => name.replace(/Where(_*)$/, '$1');

const TYPES: Readonly<Partial<Record<Word, GraphQLScalarType>>> = {
  exists: GraphQLBoolean,
  contains: GraphQLString,
  startsWith: GraphQLString,
  endsWith: GraphQLString,
  matches: GraphQLString,
};

/** `and`, `or`, `not` of what a type says. */
export const combined = (type: GraphQLInputObjectType): GraphQLInputFieldConfigMap => {
  const list = new GraphQLList(new GraphQLNonNull(type));
  return {
    and: { type: list, description: 'all of these hold' },
    or: { type: list, description: 'one of these holds' },
    not: { type, description: 'this does not hold' },
  };
};
