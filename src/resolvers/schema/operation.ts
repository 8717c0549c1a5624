import { visit, type DocumentNode, type GraphQLSchema, type OperationDefinitionNode } from 'graphql';
import { compile, type CompiledOperation } from '../compiled/compile.ts';
import { costOf } from '../limits.ts';
import { operationWrites } from './writes.ts';

function introspects(document: DocumentNode): boolean {
  let found = false;
  visit(document, {
    Field({ name: { value } }) {
      found ||= value === '__schema' || value === '__type';
    },
  });
  return found;
}

/** One operation of a document: what does not depend on variables is made once. */
export class Operation {
  /** fields that it may produce, by its variables */
  readonly cost: (variables: Readonly<Record<string, unknown>>) => number;
  /** whether it asks for the schema itself */
  readonly introspects: boolean;
  /** whether it changes anything: a mutation, or a subscription that does */
  readonly writes: boolean;
  private made: { compiled: CompiledOperation | undefined } | undefined;

  constructor(
    readonly schema: GraphQLSchema,
    readonly document: DocumentNode,
    readonly node: OperationDefinitionNode,
    /** of memory that its document holds, about */
    readonly bytes: number,
  ) {
    this.cost = costOf(schema, document, node);
    this.introspects = introspects(document);
    this.writes = operationWrites(schema, document, node);
  }

  /** undefined: graphql-js runs it */
  get compiled(): CompiledOperation | undefined {
    return (this.made ??= { compiled: compile(this.schema, this.document, this.node) }).compiled;
  }
}
