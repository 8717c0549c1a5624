import { StatusError, internalError, type Status } from '../meta/status.ts';
import type { GraphQLResult } from './contract.ts';

type ResultError = NonNullable<GraphQLResult['errors']>[number];

/** The Status that the server put into `extensions.status`; an error without one (syntax, limits) becomes 400 or 500. */
function statusErrorOf(error: ResultError): StatusError {
  const status = error.extensions?.['status'] as Status | undefined;
  if (status) return new StatusError(status);
  const code = error.extensions?.['code'];
  return typeof code === 'string' && code !== 'INTERNAL_SERVER_ERROR'
    ? new StatusError({ message: error.message, reason: 'BadRequest', code: 400 })
    : internalError(error.message);
}

/** The data of a result, or the first error thrown. */
export function dataOf(result: GraphQLResult): Record<string, unknown> {
  const error = result.errors?.[0];
  if (error) throw statusErrorOf(error);
  return result.data ?? {};
}
