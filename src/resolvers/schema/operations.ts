import type { GraphQLError } from 'graphql';
import type { Api } from '../../api/contract.ts';
import { badRequest } from '../../meta/status.ts';
import { Documents } from './documents.ts';
import type { Operation } from './operation.ts';
import { tooMuchAsked } from '../limit-error.ts';
import type { Limits } from '../limits.ts';
import { Schema, type ReportDefinition } from './schema.ts';

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

/** The operations of the kinds that are served now; what runs ends with the kinds with which it began. */
export class Operations {
  readonly schema: Schema;
  private readonly documents: Documents;

  constructor(
    api: Api,
    private readonly limits: Limits,
    report?: ReportDefinition,
  ) {
    this.schema = new Schema(api.registry, report);
    this.documents = new Documents(this.schema, limits);
  }

  /** Whether the document has been read already. */
  knows(query: string): boolean {
    return this.documents.known(query) !== undefined;
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
    const document = this.documents.of(query);
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
}
