import { Refused } from './query.ts';

/** What is said to a person of something that did not work. */
export function messageOf(error: unknown): string {
  if (error instanceof TypeError || error instanceof SyntaxError) return `The server does not answer: ${error.message}`;
  return error instanceof Error ? error.message : String(error);
}

/** The HTTP code that the same request would have over REST. */
export const codeOf = (error: unknown): number | undefined => (error instanceof Refused ? error.code : undefined);
