import type { GraphQLEnumType, GraphQLLeafType } from 'graphql';
import type { ScalarSchema, Schema } from '../../kinds/schema.ts';
import { OpenEnum } from './open-enum.ts';
import type { Scalars } from './scalars-of.ts';
import type { TypeNames } from './type-names.ts';

/** Values of an enum that is one in GraphQL. */
const MAX_VALUES = 500;
const isEnumValue = (value: string): boolean =>
  /^(?!__)[A-Za-z_][A-Za-z0-9_]{0,127}$/.test(value) && !['true', 'false', 'null'].includes(value);

/**
 * The types of values: scalars, and of custom kinds enums, where all their values are names in GraphQL. The enums of
 * built-in kinds are strings, whose descriptions tell the values: they grow with Kubernetes, and a query must not break
 * when they do.
 */
export class LeafTypes {
  private readonly enums = new WeakMap<Schema, GraphQLEnumType>();

  constructor(
    private readonly names: TypeNames,
    private readonly scalars: Scalars,
  ) {}

  /** @param path see TypeNames.of */
  of(schema: Schema, path: string): GraphQLLeafType {
    if (schema.type === 'object' || schema.type === 'list' || schema.type === 'map') return this.scalars.any;
    if (schema.type === 'any') return this.scalars.any;
    return this.enumOf(schema, path) ?? this.scalars[schema.format ?? schema.type];
  }

  private enumOf(schema: ScalarSchema, path: string): GraphQLEnumType | undefined {
    const { enum: values, closed } = schema;
    if (!closed || !values?.length || values.length > MAX_VALUES || !values.every(isEnumValue)) return undefined;
    let type = this.enums.get(schema);
    if (!type) {
      type = new OpenEnum({
        name: this.names.claim(this.names.of(schema, path)),
        description: 'A value that its definition lists.',
        values: Object.fromEntries(values.map((value) => [value, { value }])),
      });
      this.enums.set(schema, type);
    }
    return type;
  }
}
