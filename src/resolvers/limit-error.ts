import { GraphQLError, type ASTNode } from 'graphql';
import { badRequest, requestEntityTooLarge, StatusError, tooManyRequests, type Status } from '../meta/status.ts';

/** What a request from outside may not go beyond. docs/graphql.md has them all. */
export type LimitName =
  | 'body'
  | 'batch'
  | 'length'
  | 'tokens'
  | 'nesting'
  | 'definitions'
  | 'depth'
  | 'fields'
  | 'comparisons'
  | 'aliases'
  | 'rootFields'
  | 'cost'
  | 'schema'
  | 'values'
  | 'levels'
  | 'produced'
  | 'looks'
  | 'text'
  | 'whole'
  | 'time'
  | 'operations'
  | 'operationsOfSocket'
  | 'held'
  | 'liveQueries'
  | 'liveObjects'
  | 'liveRelations';

/** Which limit it is, and what it is set to: `extensions.limit` and `extensions.value` of the error. */
export interface LimitReached {
  limit: LimitName;
  value: number;
}

/** A limit that was reached, as any other Status. */
export class LimitError extends StatusError {
  constructor(
    status: Status,
    readonly reached: LimitReached,
  ) {
    super(status);
  }
}

const as =
  (make: (message: string) => StatusError) =>
  (limit: LimitName, value: number, message: string): LimitError =>
    new LimitError(make(message).status, { limit, value });

/** 413 */
export const tooLarge = as(requestEntityTooLarge);
/** 400 */
export const tooMuchAsked = as(badRequest);
/** 429; the client may try again in a second */
export const tooManyAtOnce = as((message) => tooManyRequests(message, 1));
/** 504 */
export const tookTooLong = as((message) => new StatusError({ message, reason: 'Timeout', code: 504 }));

/** The same of a document, as validation says it. */
export const limitOfDocument = (limit: LimitName, value: number, message: string, node?: ASTNode): GraphQLError =>
  new GraphQLError(message, { ...(node && { nodes: node }), extensions: { limit, value } });
