import { GraphQLError, GraphQLScalarType, Kind, valueFromASTUntyped, type ValueNode } from 'graphql';
import { notADouble } from '../../go/json-numbers.ts';
import { WritesJson } from '../json-text.ts';

const scalar = (name: string, description: string, parse: (value: unknown) => unknown): GraphQLScalarType =>
  new GraphQLScalarType({
    name,
    description,
    // What the API answers is already right: it is passed on by reference, unlooked at.
    serialize: (value) => (value instanceof WritesJson ? value.toJSON() : value),
    parseValue: parse,
    parseLiteral: (node: ValueNode, variables) =>
      parse(
        node.kind === Kind.INT && !Number.isSafeInteger(Number(node.value))
          ? node.value
          : valueFromASTUntyped(finite(node), variables),
      ),
  });

/** The literal, if a double holds its numbers. */
function finite(node: ValueNode): ValueNode {
  if (node.kind === Kind.LIST) node.values.forEach(finite);
  else if (node.kind === Kind.OBJECT) for (const { value } of node.fields) finite(value);
  else if ((node.kind === Kind.INT || node.kind === Kind.FLOAT) && !Number.isFinite(Number(node.value)))
    throw new GraphQLError(notADouble(node.value), { nodes: node });
  return node;
}

const refuse = (name: string, value: unknown): never => {
  throw new GraphQLError(`${name} cannot represent ${JSON.stringify(value)}`);
};
const isInteger = (value: unknown): value is number => typeof value === 'number' && Number.isSafeInteger(value);

export const JSONScalar = scalar('JSON', 'Any JSON value.', (value) => value);
export const QuantityScalar = scalar('Quantity', 'A number with a unit: "100m", "1Gi", 2.', (value) =>
  typeof value === 'string' ? value : typeof value === 'number' ? String(value) : refuse('Quantity', value),
);
export const IntOrStringScalar = scalar('IntOrString', 'An integer or a string: 80, "http", "25%".', (value) =>
  typeof value === 'string' || isInteger(value) ? value : refuse('IntOrString', value),
);
/** JSON numbers end at 2^53 in JavaScript: a larger one is refused and not rounded. */
export const Int64Scalar = scalar(
  'Int64',
  'An integer from -(2^53 - 1) to 2^53 - 1, as a number or its digits.',
  (value) =>
    isInteger(typeof value === 'string' && /^-?\d+$/.test(value) ? Number(value) : value)
      ? Number(value)
      : refuse('Int64', value),
);
export const TimeScalar = scalar('Time', 'RFC 3339, as Kubernetes writes it.', (value) =>
  typeof value === 'string' && !Number.isNaN(Date.parse(value)) ? value : refuse('Time', value),
);
export const BytesScalar = scalar('Bytes', 'Bytes in base64.', (value) =>
  typeof value === 'string' ? value : refuse('Bytes', value),
);

/** Names of the scalars that pass on what the API answers as it is. */
export const OUR_SCALARS: ReadonlySet<string> = new Set(
  [JSONScalar, QuantityScalar, IntOrStringScalar, Int64Scalar, TimeScalar, BytesScalar].map(({ name }) => name),
);
