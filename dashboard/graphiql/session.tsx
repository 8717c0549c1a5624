import { useEffect, useState } from 'react';

const URL = '/graphiql/session';
/** A page that stays open asks so often, ms: a session that is used lasts. */
const ASK_MS = 10 * 60_000;
/** While the server does not answer, ms. */
const AGAIN_MS = 2000;
/** Between the last letter of a header and the question whose it is, ms. */
const TYPING_MS = 400;
const ANONYMOUS = 'system:anonymous';

interface Who {
  user: string;
  write?: boolean;
}

/** Undefined: the server does not answer. */
async function whoIs(authorization: string | undefined): Promise<Who | 'refused' | undefined> {
  try {
    const answer = await fetch(URL, authorization === undefined ? {} : { headers: { authorization } });
    if (answer.status === 401) return 'refused';
    return answer.ok ? ((await answer.json()) as Who) : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Who one is, and the way out.
 * @param authorization of the headers editor: requests that have it act for whom it stands for
 */
export function Session({ authorization }: { authorization: string | undefined }) {
  const [who, setWho] = useState<Who | 'refused'>();
  useEffect(() => {
    let current = true;
    let timer: ReturnType<typeof setTimeout>;
    const ask = async () => {
      const answer = await whoIs(authorization);
      if (!current) return;
      setWho(answer);
      timer = setTimeout(() => void ask(), answer === undefined ? AGAIN_MS : ASK_MS);
    };
    // a token is typed or pasted letter by letter
    timer = setTimeout(() => void ask(), authorization === undefined ? 0 : TYPING_MS);
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [authorization]);
  if (!who) return null;
  if (who === 'refused')
    return (
      <div role="status" className="ku7s-session">
        The header&apos;s token is not good here.
      </div>
    );
  const { user, write } = who;
  const signOut = () => void fetch(URL, { method: 'DELETE' }).then(() => window.location.reload());
  return (
    <div role="status" className="ku7s-session">
      {user === ANONYMOUS ? (
        <>
          Not signed in: <code>ku7s login-link</code> prints a link.
        </>
      ) : (
        <>
          Signed in as <b>{user}</b>
          {authorization !== undefined && ' by the header'}
          {write === false && ', for reading only'}{' '}
          {write !== undefined && (
            <button type="button" onClick={signOut}>
              Sign out
            </button>
          )}
        </>
      )}
    </div>
  );
}
