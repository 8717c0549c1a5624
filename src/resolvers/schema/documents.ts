import { GraphQLError, getOperationAST, parse, validate, type DocumentNode } from 'graphql';
import { LRUCache } from 'lru-cache';
import { limitOfDocument } from '../limit-error.ts';
import { nestingOf, overLimits, type Limits } from '../limits.ts';
import { Operation } from './operation.ts';
import { DocumentSchema } from './document-schema.ts';
import { ROOTS, type Root } from './root-fields.ts';
import { rulesFor } from './rules-for.ts';
import type { Schema } from './schema.ts';
import { similarNames } from './similar-names.ts';

/** A document that was parsed and validated against its schema, or what is wrong with it. */
export class Document {
  private readonly operations = new Map<string, Operation | undefined>();

  constructor(
    /** undefined where it was refused before there was one */
    readonly schema: DocumentSchema | undefined,
    readonly node: DocumentNode | undefined,
    readonly errors: readonly GraphQLError[],
    /** of memory that it holds, about */
    readonly bytes: number,
  ) {}

  /** Whether it would be read in the same way now. */
  isCurrent(): boolean {
    return this.schema?.isCurrent() ?? true;
  }

  /** Undefined where there is no such operation, or several and no name. */
  operation(name: string | null | undefined): Operation | undefined {
    const known = this.operations.get(name ?? '');
    if (known || !this.node || !this.schema) return known;
    const node = getOperationAST(this.node, name);
    if (!node) return undefined;
    const operation = new Operation(this.schema, this.node, node, this.bytes);
    this.operations.set(name ?? '', operation);
    return operation;
  }
}

/** Documents kept as parsed, validated and compiled, per schema, and how much they hold together, bytes. */
const MAX_DOCUMENTS = 1000;
const MAX_BYTES = 32 * 1024 * 1024;
/** Of memory for a token, which becomes a node, places in the text and a function (measured: 400 to 600). */
const BYTES_PER_TOKEN = 600;
/** Errors that a document is answered with: names that might have been meant are looked for for each. */
const MAX_ERRORS = 10;

/** How graphql-js says that it has stopped. */
const TOO_MANY_TOKENS = /more tha[tn] \d+ tokens/;

/** The documents that were asked lately, each with its own part of the schema. */
export class Documents {
  private readonly read = new LRUCache<string, Document>({
    max: MAX_DOCUMENTS,
    maxSize: MAX_BYTES,
    sizeCalculation: (document) => document.bytes,
  });

  constructor(
    private readonly schema: Schema,
    private readonly limits: Limits,
  ) {}

  /** Undefined for a text that has not been read, not lately, or when other kinds were there. */
  known(text: string): Document | undefined {
    const document = this.read.get(text);
    return document?.isCurrent() ? document : undefined;
  }

  of(text: string): Document {
    let document = this.known(text);
    if (!document) this.read.set(text, (document = this.parse(text)));
    return document;
  }

  private parse(text: string): Document {
    const { limits } = this;
    const { fields, types } = this.schema;
    let bytes = text.length + 1;
    let schema: DocumentSchema | undefined;
    const refused = (...errors: GraphQLError[]): Document => new Document(schema, undefined, errors, bytes);
    if (text.length > limits.length) {
      const why = `the document is longer than ${limits.length} characters: send values as variables`;
      return refused(limitOfDocument('length', limits.length, why));
    }
    if (nestingOf(text) > limits.nesting) {
      const why = `the document has more than ${limits.nesting} brackets inside each other`;
      return refused(limitOfDocument('nesting', limits.nesting, why));
    }
    try {
      const node = parse(text, { maxTokens: limits.tokens });
      bytes += (node.tokenCount ?? limits.tokens) * BYTES_PER_TOKEN;
      // The limits first: rules of the specification call themselves for each level, and compare all with all.
      const over = overLimits(node, limits);
      if (over) return refused(over);
      schema = new DocumentSchema(fields, types, node);
      const rules = rulesFor(text);
      let errors = validate(schema, node, rules, { maxErrors: MAX_ERRORS, hideSuggestions: true });
      // once more with what might have been meant, so that the errors say it
      if (errors.length && schema.offersNames)
        errors = validate(new DocumentSchema(fields, types, node, this.similarTo(schema)), node, rules, {
          maxErrors: MAX_ERRORS,
        });
      if (errors.length) return refused(...errors);
      return new Document(schema, node, errors, bytes);
    } catch (error) {
      if (!(error instanceof GraphQLError)) throw error;
      if (!TOO_MANY_TOKENS.test(error.message)) return refused(error);
      const why = `the document has more than ${limits.tokens} tokens: send values as variables`;
      return refused(limitOfDocument('tokens', limits.tokens, why));
    }
  }

  /** Names of the root types that might have been meant by those that nobody has. */
  private similarTo(schema: DocumentSchema): Partial<Record<Root, readonly string[]>> {
    const missing = schema.missing();
    const similar: Partial<Record<Root, readonly string[]>> = {};
    for (const root of ROOTS) {
      const names = (missing[root] ?? []).slice(0, MAX_ERRORS);
      const found = similarNames(names, this.schema.fields.names(root));
      if (found.length) similar[root] = found;
    }
    return similar;
  }
}
