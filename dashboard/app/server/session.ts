/** The session of this browser. */
const URL = '/graphiql/session';

export interface Who {
  user: string;
  groups: readonly string[];
  /** in a session: whether it may write */
  write?: boolean;
}

/** Who one is; undefined where the server does not say. */
export async function whoAmI(): Promise<Who | undefined> {
  const answer = await fetch(URL);
  return answer.ok ? ((await answer.json()) as Who) : undefined;
}

/** Begins a session that ends with the token. Throws what the server says of it. */
export async function signIn(token: string): Promise<void> {
  const answer = await fetch(URL, { method: 'POST', headers: { authorization: `Bearer ${token}` } });
  if (answer.ok) return;
  const { message } = (await answer.json().catch(() => ({}))) as { message?: string };
  throw new Error(message ?? answer.statusText);
}

/** Ends the session, with all that it has opened. */
export const signOut = (): Promise<unknown> => fetch(URL, { method: 'DELETE' });

/** Addresses of the OpenID providers at which one may sign in. */
export async function providersOf(): Promise<readonly string[]> {
  const answer = await fetch('/graphiql/providers');
  return answer.ok ? ((await answer.json()) as { providers: readonly string[] }).providers : [];
}
