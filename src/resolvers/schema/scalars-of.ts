import type { GraphQLScalarType, GraphQLSchema } from 'graphql';
import { specifiedScalarTypes } from 'graphql';
import type { ScalarSchema } from '../../kinds/schema.ts';

/** The scalar of each leaf of a kind's schema. */
export type Scalars = Readonly<Record<ScalarSchema['type'] | 'any', GraphQLScalarType>>;

const NAMES: Readonly<Record<keyof Scalars, string>> = {
  any: 'JSON',
  string: 'String',
  boolean: 'Boolean',
  int32: 'Int',
  int64: 'Int64',
  double: 'Float',
  bytes: 'Base64',
  time: 'Time',
  microTime: 'MicroTime',
  duration: 'Duration',
  quantity: 'Quantity',
  intOrString: 'IntOrString',
};

/** Those of the generic schema: a schema may have one type of a name only, and Pothos makes its own from what it is given. */
export function scalarsOf(schema: GraphQLSchema): Scalars {
  const builtin = new Map(specifiedScalarTypes.map((type) => [type.name, type]));
  const entries = Object.entries(NAMES).map(([leaf, name]) => [leaf, builtin.get(name) ?? schema.getType(name)]);
  return Object.fromEntries(entries) as Scalars;
}
