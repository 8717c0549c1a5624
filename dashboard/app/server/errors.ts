import { Refused } from './query.ts';

/** What did not work, and is tried again. */
export class AskedAgain extends Error {
  constructor(override readonly cause: unknown) {
    super(`${messageOf(cause)}\nIt is asked again by itself.`);
  }
}

/** Whether the server did not answer: what fetch throws, and what is put before a server says in its place. */
const isUnanswered = (error: unknown): boolean => error instanceof TypeError || error instanceof SyntaxError;

/** What is said to a person of something that did not work. */
export function messageOf(error: unknown): string {
  if (isUnanswered(error)) return `The server does not answer: ${(error as Error).message}`;
  return error instanceof Error ? error.message : String(error);
}

/** The HTTP code that the same request would have over REST. */
export const codeOf = (error: unknown): number | undefined =>
  error instanceof Refused ? error.code : error instanceof AskedAgain ? codeOf(error.cause) : undefined;

/** Whether the same question may have an answer later, without anybody doing anything. */
export function mayPass(error: unknown): boolean {
  const code = codeOf(error) ?? 0;
  return isUnanswered(error) || code === 429 || code >= 500;
}
