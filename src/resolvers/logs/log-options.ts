import { GraphQLBoolean, GraphQLInt, GraphQLString, type GraphQLFieldConfigArgumentMap } from 'graphql';
import { durationError, parseDuration } from '../../go/duration.ts';
import { badRequest } from '../../meta/status.ts';
import { isTime } from '../../meta/time.ts';

/** Lines of one log, and bytes, that an answer to a query has at most. */
export const MAX_LINES = 5_000;
export const MAX_BYTES = 1024 * 1024;

/** Which part of a log. */
export interface LogArguments {
  tail?: number | null | undefined;
  since?: string | null | undefined;
  container?: string | null | undefined;
  previous?: boolean | null | undefined;
  limit?: number | null | undefined;
  follow?: boolean | null | undefined;
}

export const LOG_PART: GraphQLFieldConfigArgumentMap = {
  tail: { type: GraphQLInt, description: 'the last lines only, of each container' },
  since: { type: GraphQLString, description: 'a duration (`5m`), or an RFC 3339 time' },
  container: { type: GraphQLString, description: 'of all but init and ephemeral containers when not given' },
};
export const PREVIOUS = { type: GraphQLBoolean, description: 'of the container before it was restarted' };

/** The parameters of `pods/log` that ask for it. Throws 400. */
export function logQuery({ tail, since, previous, limit, follow }: LogArguments): URLSearchParams {
  const query = new URLSearchParams({ timestamps: 'true' });
  if (typeof tail === 'number') query.set('tailLines', String(atLeast(tail, 0, 'tail')));
  if (typeof limit === 'number') query.set('limitBytes', String(atLeast(limit, 1, 'limit')));
  if (previous) query.set('previous', 'true');
  if (follow) query.set('follow', 'true');
  if (!since) return query;
  if (isTime(since)) query.set('sinceTime', since);
  else query.set('sinceSeconds', String(secondsOf(since)));
  return query;
}

function secondsOf(since: string): number {
  const ms = parseDuration(since);
  if (ms === undefined) throw badRequest(`since: neither a time nor a duration: ${durationError(since)}`);
  // as kubectl has it: up to the next second
  return atLeast(Math.ceil(ms / 1000), 1, 'since');
}

function atLeast(count: number, least: number, name: string): number {
  if (count < least) throw badRequest(`${name} must be at least ${least}`);
  return count;
}
