import { GraphQLError, type GraphQLFormattedError } from 'graphql';
import { StatusError, badRequest, internalError, type Status } from '../meta/status.ts';
import { translateStoreError } from '../api/store-errors.ts';
import { LimitError } from './limit-error.ts';

/**
 * The one place where errors become GraphQL errors: the whole Status in `extensions.status`, its code and reason beside
 * it, and the limit that was reached with its value. What is no Status is masked and reported; what the request's text is to blame for (syntax, types, limits) is 400.
 */
export function formatError(error: unknown, report: (error: unknown) => void): GraphQLFormattedError {
  const graphql = error instanceof GraphQLError ? error : undefined;
  const cause = graphql ? graphql.originalError : error;
  // Coercion of a variable or literal wraps what a scalar threw in a GraphQLError: the request is to blame.
  const ofRequest = graphql !== undefined && (cause === undefined || cause === null || cause instanceof GraphQLError);
  const status = ofRequest ? badRequest(graphql.message).status : statusOf(cause, report);
  return {
    message: ofRequest ? graphql.message : (status.message ?? ''),
    ...(graphql?.locations && { locations: graphql.locations }),
    ...(graphql?.path && { path: graphql.path }),
    extensions: {
      code: status.code,
      reason: status.reason,
      status,
      ...(ofRequest && graphql.extensions),
      ...(cause instanceof LimitError && cause.reached),
    },
  };
}

function statusOf(error: unknown, report: (error: unknown) => void): Status {
  const known = translateStoreError(error);
  if (known instanceof StatusError) return known.status;
  report(error);
  return internalError('unexpected error').status;
}
