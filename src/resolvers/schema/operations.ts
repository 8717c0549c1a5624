import type { GraphQLError, GraphQLSchema } from 'graphql';
import type { Api } from '../../api/contract.ts';
import { badRequest } from '../../meta/status.ts';
import { Documents, type Document, type Operation } from './documents.ts';
import { genericSchema } from '../generic.ts';
import { tooMuchAsked } from '../limit-error.ts';
import type { Limits } from '../limits.ts';
import { buildSchema } from './schema.ts';

export interface OperationRequest {
  query: string;
  variables?: Record<string, unknown> | null | undefined;
  operationName?: string | null | undefined;
}

/** A request with the operation that it asks for, found once, or with what is wrong with it. */
export type Asked<R extends OperationRequest = OperationRequest> =
  | { readonly request: R; readonly operation: Operation; readonly refusal?: undefined }
  | { readonly request: R; readonly operation?: undefined; readonly refusal: unknown };

/** What is wrong with a document, each of it an error of the result. */
export class RefusedDocument extends Error {
  constructor(readonly errors: readonly GraphQLError[]) {
    super('invalid document');
  }
}

/** Whether an operation's answer tells of the schema: it asks for it, or is corrected by it ("Did you mean …?"). */
export const tellsOfSchema = ({ operation, refusal }: Asked): boolean =>
  operation ? operation.introspects : refusal instanceof RefusedDocument;

/** Asks for the schema itself, which must be the whole one. */
const INTROSPECTION = /__(schema|type)\b/;

/** ms between two schemas, as far as documents of the older one go: making one takes hundreds of them. */
const SCHEMA_EVERY = 1000;

/**
 * The operations of the kinds that are served now. When the kinds change, the next operation gets a new schema; what
 * runs ends on the old one. Where definitions change one after the other, a document that the last schema took is taken
 * by it for a second: each of them then does not cost everybody a schema.
 */
export class Operations {
  private current: { generation: number; made: number; documents: Documents } | undefined;
  /**
   * What asks for no typed kind (all that the loops send) runs on the part of the schema that no kind changes: a new
   * custom resource then costs them no new schema.
   */
  private readonly generic: Documents;

  constructor(
    private readonly api: Api,
    private readonly limits: Limits,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.generic = new Documents(genericSchema(), limits);
  }

  get schema(): GraphQLSchema {
    return this.typed().schema;
  }

  /** Whether the document has been read already. */
  knows(query: string): boolean {
    return this.generic.known(query)?.node !== undefined || this.current?.documents.known(query) !== undefined;
  }

  /** Parses and checks the document, unless it is known, and looks at what the operation may cost. */
  ask<R extends OperationRequest>(request: R): Asked<R> {
    try {
      return { request, operation: this.find(request) };
    } catch (refusal) {
      return { request, refusal };
    }
  }

  private find({ query, variables, operationName }: OperationRequest): Operation {
    if (typeof query !== 'string') throw badRequest('no query');
    if (typeof (variables ?? {}) !== 'object' || Array.isArray(variables))
      throw badRequest('variables must be an object');
    const document = this.document(query);
    if (!document.node) throw new RefusedDocument(document.errors);
    const operation = document.operation(operationName);
    if (!operation) {
      const why = operationName
        ? `no operation ${JSON.stringify(operationName)}`
        : 'operationName must say which operation to run';
      throw badRequest(why);
    }
    const cost = operation.cost(variables ?? {});
    const { cost: limit } = this.limits;
    if (cost > limit)
      throw tooMuchAsked(
        'cost',
        limit,
        `the operation may produce ${cost} fields, the limit is ${limit}: ask for less or set first`,
      );
    return operation;
  }

  private document(query: string): Document {
    const generic = INTROSPECTION.test(query) ? undefined : this.generic.of(query);
    return generic?.node ? generic : (this.recent(query) ?? this.typed().of(query));
  }

  /** The document by a schema that was made just now; undefined where that one does not take it, or all kinds are asked for. */
  private recent(query: string): Document | undefined {
    if (!this.current || this.now() - this.current.made > SCHEMA_EVERY || INTROSPECTION.test(query)) return undefined;
    const document = this.current.documents.of(query);
    return document.node && document;
  }

  private typed(): Documents {
    const { generation } = this.api.registry;
    if (this.current?.generation !== generation)
      this.current = {
        generation,
        documents: new Documents(buildSchema(this.api.registry), this.limits),
        made: this.now(),
      };
    return this.current.documents;
  }
}
