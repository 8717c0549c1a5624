import {
  Kind,
  OperationTypeNode,
  getArgumentValues,
  getNullableType,
  getVariableValues,
  isLeafType,
  isNonNullType,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLError,
  type GraphQLField,
  type GraphQLFormattedError,
  type GraphQLResolveInfo,
  type GraphQLSchema,
  type OperationDefinitionNode,
} from 'graphql';
import type { OperationContext } from '../context.ts';
import { JsonWriter, type JsonText } from '../json-text.ts';
import { compileArguments, compileVariables } from './arguments.ts';
import { collectFields } from './selections.ts';
import { NOT_COVERED, type Write } from './leaves.ts';
import { Run } from './run.ts';
import { Writers, type Writer } from './writers.ts';

type FormatError = (error: GraphQLError) => GraphQLFormattedError;
type Variables = Readonly<Record<string, unknown>>;

/** An operation as functions, which answer with the text of its result. */
export interface CompiledOperation {
  /** A query or mutation. Undefined: what was read has a value that only graphql-js can answer, so the query must be asked of it. */
  run(variables: Variables, context: OperationContext, format: FormatError): Promise<JsonText | undefined>;
  /** Whether a subscription's events lead to other objects: they are written by `longEvent` alone. */
  readonly leads: boolean;
  /** A subscription's event. Undefined as above. */
  event(value: unknown): JsonText | undefined;
  /** The same of one that has a long list, or leads elsewhere: others have their turn between its items. */
  longEvent(
    value: unknown,
    variables: Variables,
    context: OperationContext,
    format: FormatError,
  ): Promise<JsonText | undefined>;
}

interface RootField {
  as: string;
  nodes: readonly FieldNode[];
  field: GraphQLField<unknown, OperationContext>;
  /** what its resolver is told of its place, without the variables */
  info: Omit<GraphQLResolveInfo, 'variableValues'>;
  arguments: ReturnType<typeof compileArguments>;
  writer: Writer;
  /** in a subscription */
  write: Write | undefined;
}

/**
 * Compiles an operation: its root fields are resolved as they are, and all below them, which only reads properties, is
 * written as text without a value in between. The answer is that of graphql-js, byte by byte (a test compares them).
 * Undefined for an operation of which a part is not covered (see Writers), and for a mutation whose result might have
 * to be asked for again: only those that answer with one scalar are compiled.
 */
export function compile(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
): CompiledOperation | undefined {
  const root = schema.getRootType(operation.operation);
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of document.definitions)
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
  const selected =
    root && !operation.directives?.length && collectFields(schema, fragments, root, [operation.selectionSet]);
  if (!root || !selected) return undefined;
  const writers = new Writers(schema, fragments);
  const subscribes = operation.operation === OperationTypeNode.SUBSCRIPTION;
  const fields: RootField[] = [];
  for (const [as, nodes] of selected) {
    const field = root.getFields()[nodes[0]!.name.value];
    // an event is written in one go where it can be
    const write = subscribes ? field && writers.of(field.type, nodes)?.write : undefined;
    const writer = field && writers.root(field.type, nodes);
    if (!writer) return undefined;
    fields.push({
      as,
      nodes,
      field,
      info: {
        fieldName: field.name,
        fieldNodes: nodes,
        returnType: field.type,
        parentType: root,
        path: { prev: undefined, key: as, typename: root.name },
        schema,
        fragments: Object.fromEntries(fragments),
        rootValue: undefined,
        operation,
      },
      arguments: compileArguments(
        field as GraphQLField<unknown, unknown>,
        nodes[0]!,
        operation.operation !== OperationTypeNode.MUTATION,
      ),
      writer,
      write,
    });
  }
  if (
    operation.operation === OperationTypeNode.MUTATION &&
    !(fields.length === 1 && isLeafType(getNullableType(fields[0]!.field.type)))
  )
    return undefined;
  const { variableDefinitions = [] } = operation;
  const coerce = compileVariables(schema, variableDefinitions);
  const coerced = (variables: Variables): ReturnType<typeof getVariableValues> => {
    const values = coerce(variables);
    return values ? { coerced: values } : getVariableValues(schema, variableDefinitions, variables, { maxErrors: 50 });
  };
  // a subscription's are the same for all its events
  const known = new WeakMap<Variables, ReturnType<typeof getVariableValues>>();
  return {
    async run(variables, context, format) {
      const values = coerced(variables);
      return values.errors
        ? JSON.stringify({ errors: values.errors.map(format) })
        : run(fields, values.coerced, context, format);
    },
    leads: subscribes && fields.some(({ write }) => !write),
    event: (value) => eventText(fields, value),
    async longEvent(value, variables, context, format) {
      const values = known.get(variables) ?? coerced(variables);
      known.set(variables, values);
      // what is wrong with them, graphql-js says
      if (values.errors) return undefined;
      const event = fields.map(({ field }) => eventValue(field, value));
      return written(fields, event, new Run(values.coerced, context, format));
    },
  };
}

/** @param variables coerced */
async function run(
  fields: readonly RootField[],
  variables: Variables,
  context: OperationContext,
  format: FormatError,
): Promise<JsonText | undefined> {
  const run = new Run(variables, context, format);
  let failed = false;
  const values = await Promise.all(
    fields.map(async ({ nodes, field, info, arguments: read }) => {
      try {
        // What is wrong with arguments is thrown by graphql-js' own function.
        const args =
          read(variables) ?? getArgumentValues(field as GraphQLField<unknown, unknown>, nodes[0]!, variables);
        return await field.resolve!(undefined, args, context, { ...info, variableValues: { ...variables } });
      } catch (error) {
        run.fail(error, nodes, info.path);
        failed ||= isNonNullType(field.type);
        return FAILED;
      }
    }),
  );
  context.budget.check();
  return failed ? JSON.stringify({ data: null, errors: run.errors }) : written(fields, values, run);
}

const FAILED = Symbol('failed');

/** Undefined where a value is not covered. */
async function written(
  fields: readonly RootField[],
  values: readonly unknown[],
  run: Run,
): Promise<JsonText | undefined> {
  const { out, errors } = run;
  try {
    for (const [i, { as, writer, info }] of fields.entries()) {
      out.text += `${i ? ',' : '{"data":{'}${JSON.stringify(as)}:`;
      if (values[i] === FAILED) out.text += 'null';
      else if (writer.deep) await writer.deep(values[i], run, info.path);
      else writer.write(values[i], out);
    }
  } catch (error) {
    if (error === NOT_COVERED) return undefined;
    throw error;
  }
  out.text += errors.length ? `},"errors":${JSON.stringify(errors)}}` : '}}';
  return out.end();
}

function eventText([root]: readonly RootField[], value: unknown): JsonText | undefined {
  if (!root?.write) return undefined;
  const { as, field, write } = root;
  const out = new JsonWriter();
  out.text = `{"data":{${JSON.stringify(as)}:`;
  try {
    write(eventValue(field, value), out);
  } catch (error) {
    if (error === NOT_COVERED) return undefined;
    throw error;
  }
  out.text += '}}';
  return out.end();
}

/** A subscription's root resolver looks at the event alone. */
const eventValue = ({ resolve }: RootField['field'], value: unknown): unknown =>
  resolve ? resolve(value, {}, undefined as never, undefined as never) : value;
