import {
  Kind,
  OperationTypeNode,
  getArgumentValues,
  getNullableType,
  getVariableValues,
  isLeafType,
  isNonNullType,
  locatedError,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLError,
  type GraphQLField,
  type GraphQLFormattedError,
  type GraphQLSchema,
  type OperationDefinitionNode,
} from 'graphql';
import type { OperationContext } from '../context.ts';
import { JsonWriter, type JsonText } from '../json-text.ts';
import { collectFields } from './selections.ts';
import { NOT_COVERED, Writers, type Write } from './writers.ts';

type FormatError = (error: GraphQLError) => GraphQLFormattedError;
type Variables = Readonly<Record<string, unknown>>;

/** An operation as functions, which answer with the text of its result. */
export interface CompiledOperation {
  /** A query or mutation. Undefined: what was read has a value that only graphql-js can answer, so the query must be asked of it. */
  run(variables: Variables, context: OperationContext, format: FormatError): Promise<JsonText | undefined>;
  /** A subscription's event. Undefined as above. */
  event(value: unknown): JsonText | undefined;
}

interface RootField {
  as: string;
  nodes: readonly FieldNode[];
  field: GraphQLField<unknown, OperationContext>;
  write: Write;
}

/**
 * Compiles an operation: its root fields are resolved as they are, and all below them, which only reads properties, is
 * written as text without a value in between. The answer is that of graphql-js, byte by byte (a test compares them).
 * Undefined for an operation of which a part is not covered (see Writers), and for a mutation whose result might have
 * to be asked for again: only those that answer with one scalar are compiled.
 */
export function compile(schema: GraphQLSchema, document: DocumentNode, operation: OperationDefinitionNode): CompiledOperation | undefined {
  const root = schema.getRootType(operation.operation);
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of document.definitions) if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
  const selected = root && !operation.directives?.length && collectFields(schema, fragments, root, [operation.selectionSet]);
  if (!root || !selected) return undefined;
  const writers = new Writers(schema, fragments);
  const fields: RootField[] = [];
  for (const [as, nodes] of selected) {
    const field = root.getFields()[nodes[0]!.name.value];
    const write = field && writers.of(field.type, nodes);
    if (!write) return undefined;
    fields.push({ as, nodes, field, write });
  }
  if (operation.operation === OperationTypeNode.MUTATION && !(fields.length === 1 && isLeafType(getNullableType(fields[0]!.field.type)))) return undefined;
  return {
    run: (variables, context, format) => run(schema, operation, fields, variables, context, format),
    event: (value) => written(fields, [value], []),
  };
}

async function run(
  schema: GraphQLSchema,
  { variableDefinitions = [] }: OperationDefinitionNode,
  fields: readonly RootField[],
  variables: Variables,
  context: OperationContext,
  format: FormatError,
): Promise<JsonText | undefined> {
  const { coerced, errors: wrong } = getVariableValues(schema, variableDefinitions, variables, { maxErrors: 50 });
  if (wrong) return JSON.stringify({ errors: wrong.map(format) });
  const errors: GraphQLFormattedError[] = [];
  let failed = false;
  const values = await Promise.all(
    fields.map(async ({ as, nodes, field }) => {
      try {
        return await field.resolve!(undefined, getArgumentValues(field as GraphQLField<unknown, unknown>, nodes[0]!, coerced), context, undefined as never);
      } catch (error) {
        errors.push(format(locatedError(error, nodes, [as])));
        failed ||= isNonNullType(field.type);
        return FAILED;
      }
    }),
  );
  if (failed) return JSON.stringify({ data: null, errors });
  return written(fields, values, errors);
}

const FAILED = Symbol('failed');

function written(fields: readonly RootField[], values: readonly unknown[], errors: readonly GraphQLFormattedError[]): JsonText | undefined {
  const out = new JsonWriter();
  try {
    for (const [i, { as, field, write }] of fields.entries()) {
      out.text += `${i ? ',' : '{"data":{'}${JSON.stringify(as)}:`;
      if (values[i] === FAILED) out.text += 'null';
      else write(field.subscribe && field.resolve ? field.resolve(values[i], {}, undefined as never, undefined as never) : values[i], out);
    }
  } catch (error) {
    if (error === NOT_COVERED) return undefined;
    throw error;
  }
  out.text += errors.length ? `},"errors":${JSON.stringify(errors)}}` : '}}';
  return out.end();
}
