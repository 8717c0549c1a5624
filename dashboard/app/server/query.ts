export type Variables = Record<string, unknown>;

interface Answer {
  data?: unknown;
  errors?: readonly ServerError[];
}

/** What the server says of one field, or of a whole operation. */
export interface ServerError {
  message: string;
  extensions?: { code?: unknown };
}

/** The server has refused an operation, or a part of it. */
export class Refused extends Error {
  constructor(readonly errors: readonly ServerError[]) {
    super(errors.map(({ message }) => message).join('\n'));
  }

  /** The HTTP code that the same request would have over REST. */
  get code(): number | undefined {
    const code = this.errors[0]?.extensions?.code;
    return typeof code === 'number' ? code : undefined;
  }
}

/** Before a query is sent once more, ms. */
const AGAIN_MS = 300;

/**
 * One query or mutation, with the session of the page. Throws Refused, and what fetch throws where the server does not
 * answer. A browser drops what is on its way when the machine's network changes; only what changes nothing is sent again.
 */
export async function ask<T>(query: string, variables: Variables = {}): Promise<T> {
  const body = JSON.stringify({ query, variables });
  const answer = await post(body).catch(async (error: unknown) => {
    if (!/^\s*query\b/.test(query) && variables['dryRun'] !== true) throw error;
    await new Promise((later) => setTimeout(later, AGAIN_MS));
    return post(body);
  });
  const { data, errors } = (await answer.json()) as Answer;
  if (errors?.length) throw new Refused(errors);
  return data as T;
}

const post = (body: string): Promise<Response> =>
  fetch('/graphql', {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json' },
    body,
  });
