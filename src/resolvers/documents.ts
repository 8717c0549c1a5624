import {
  GraphQLError,
  getOperationAST,
  parse,
  specifiedRules,
  validate,
  visit,
  type DocumentNode,
  type GraphQLSchema,
  type OperationDefinitionNode,
} from 'graphql';
import { LRUCache } from 'lru-cache';
import { compile, type CompiledOperation } from './compiled/compile.ts';
import { costOf, limitsRule, type Limits } from './limits.ts';

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
  private made: { compiled: CompiledOperation | undefined } | undefined;

  constructor(
    readonly schema: GraphQLSchema,
    readonly document: DocumentNode,
    readonly node: OperationDefinitionNode,
  ) {
    this.cost = costOf(schema, document, node);
    this.introspects = introspects(document);
  }

  /** undefined: graphql-js runs it */
  get compiled(): CompiledOperation | undefined {
    return (this.made ??= { compiled: compile(this.schema, this.document, this.node) }).compiled;
  }
}

/** A document that was parsed and validated against one schema, or what is wrong with it. */
export class Document {
  private readonly operations = new Map<string, Operation | undefined>();

  constructor(
    readonly schema: GraphQLSchema,
    readonly node: DocumentNode | undefined,
    readonly errors: readonly GraphQLError[],
  ) {}

  /** Undefined where there is no such operation, or several and no name. */
  operation(name: string | null | undefined): Operation | undefined {
    const known = this.operations.get(name ?? '');
    if (known || !this.node) return known;
    const node = getOperationAST(this.node, name);
    if (!node) return undefined;
    const operation = new Operation(this.schema, this.node, node);
    this.operations.set(name ?? '', operation);
    return operation;
  }
}

/** Documents kept as parsed, validated and compiled, per schema, and the sum of their texts. */
const MAX_DOCUMENTS = 1000;
const MAX_TEXT = 4 * 1024 * 1024;

/** The documents that were asked of one schema lately. */
export class Documents {
  private readonly known = new LRUCache<string, Document>({
    max: MAX_DOCUMENTS,
    maxSize: MAX_TEXT,
    sizeCalculation: (_, text) => text.length + 1,
  });

  constructor(
    readonly schema: GraphQLSchema,
    private readonly limits: Limits,
  ) {}

  of(text: string): Document {
    let document = this.known.get(text);
    if (!document) this.known.set(text, (document = this.parse(text)));
    return document;
  }

  private parse(text: string): Document {
    const { schema, limits } = this;
    try {
      const node = parse(text, { maxTokens: limits.tokens });
      // The limits first: rules of the specification call themselves for each level.
      const over = validate(schema, node, [limitsRule(limits)]);
      const errors = over.length ? over : validate(schema, node, specifiedRules, { maxErrors: 20 });
      return new Document(schema, errors.length ? undefined : node, errors);
    } catch (error) {
      if (error instanceof GraphQLError) return new Document(schema, undefined, [error]);
      // The parser, too, calls itself for each level: what is nested deeper than the stack is no document.
      if (error instanceof RangeError)
        return new Document(schema, undefined, [new GraphQLError('the document is nested too deeply')]);
      throw error;
    }
  }
}
