import {
  Kind,
  getNullableType,
  isInputType,
  isLeafType,
  isNonNullType,
  typeFromAST,
  valueFromAST,
  type FieldNode,
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLSchema,
  type ValueNode,
  type VariableDefinitionNode,
} from 'graphql';
import { coercerOf } from './coercer.ts';

type Values = Record<string, unknown>;
/** Undefined: something is not as it should be, and graphql-js says what. */
type Coerce = (given: Readonly<Values>) => Values | undefined;

/** Values that cannot be changed by who gets them, so that one serves all requests. */
const SIMPLE: ReadonlySet<string> = new Set([Kind.STRING, Kind.INT, Kind.FLOAT, Kind.BOOLEAN, Kind.ENUM, Kind.NULL]);

/** getVariableValues of graphql-js; undefined where it has errors to tell, or where it is left to it always. */
export function compileVariables(schema: GraphQLSchema, definitions: readonly VariableDefinitionNode[]): Coerce {
  const variables = definitions.map(({ variable, type: node, defaultValue }) => {
    const type = typeFromAST(schema, node as Parameters<typeof typeFromAST>[1]);
    if (!isInputType(type) || (defaultValue && !SIMPLE.has(defaultValue.kind))) return undefined;
    return {
      name: variable.name.value,
      coerce: coercerOf(type),
      required: isNonNullType(type),
      byDefault: defaultValue && { value: valueFromAST(defaultValue, type) },
    };
  });
  return (given) => {
    const values: Values = {};
    for (const variable of variables) {
      if (!variable) return undefined;
      const { name, coerce, required, byDefault } = variable;
      if (!Object.hasOwn(given, name)) {
        if (byDefault) values[name] = byDefault.value;
        else if (required) return undefined;
      } else {
        try {
          if ((values[name] = coerce(given[name])) === undefined) return undefined;
        } catch {
          return undefined;
        }
      }
    }
    return values;
  };
}

/**
 * getArgumentValues of graphql-js for one field of a document.
 * @param shared whoever gets the values only reads them: what has no variable in it is made once for all requests, and is
 *   known again by who has made something of it, as of a filter its tests
 */
export function compileArguments(field: GraphQLField<unknown, unknown>, node: FieldNode, shared: boolean): Coerce {
  const read = field.args.map((argument) =>
    argumentOf(argument, node.arguments?.find(({ name }) => name.value === argument.name)?.value, shared),
  );
  return (variables) => {
    const values: Values = {};
    for (const each of read) if (!each(variables, values)) return undefined;
    return values;
  };
}

/** Puts the argument's value into `values`; false where it cannot be had. */
function argumentOf(
  { name, type, defaultValue }: GraphQLArgument,
  node: ValueNode | undefined,
  shared: boolean,
): (variables: Readonly<Values>, values: Values) => boolean {
  const absent = (values: Values): boolean => {
    if (defaultValue === undefined) return !isNonNullType(type);
    values[name] = defaultValue;
    return true;
  };
  if (!node) return (_, values) => absent(values);
  if (node.kind === Kind.VARIABLE) {
    const variable = node.name.value;
    return (variables, values) => {
      if (!Object.hasOwn(variables, variable)) return absent(values);
      const value = variables[variable];
      if (value === undefined || (value === null && isNonNullType(type))) return false;
      values[name] = value;
      return true;
    };
  }
  if (shared ? !hasVariable(node) : SIMPLE.has(node.kind) && isLeafType(getNullableType(type))) {
    const value = frozen(valueFromAST(node, type));
    return (_, values) => {
      values[name] = value;
      return value !== undefined;
    };
  }
  return (variables, values) => (values[name] = valueFromAST(node, type, variables)) !== undefined;
}

const hasVariable = (node: ValueNode): boolean =>
  node.kind === Kind.VARIABLE ||
  (node.kind === Kind.LIST && node.values.some(hasVariable)) ||
  (node.kind === Kind.OBJECT && node.fields.some(({ value }) => hasVariable(value)));

/** With all that is in it: who writes to what all requests have is to be found out. */
function frozen(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  Object.values(value).forEach(frozen);
  return Object.freeze(value);
}
