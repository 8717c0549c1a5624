import { useEffect, useState } from 'react';

const URL = '/graphiql/session';
/** A page that stays open asks so often, ms: a session that is used lasts. */
const ASK_MS = 10 * 60_000;
const ANONYMOUS = 'system:anonymous';

interface Who {
  user: string;
  write?: boolean;
}

/** Who one is, and the way out. */
export function Session() {
  const [who, setWho] = useState<Who>();
  useEffect(() => {
    const ask = () =>
      void fetch(URL)
        .then((answer) => (answer.ok ? (answer.json() as Promise<Who>) : undefined))
        .then(setWho, () => setWho(undefined));
    ask();
    const timer = setInterval(ask, ASK_MS);
    return () => clearInterval(timer);
  }, []);
  if (!who) return null;
  const { user, write } = who;
  const signOut = () => void fetch(URL, { method: 'DELETE' }).then(() => window.location.reload());
  return (
    <div role="status" style={{ font: '13px sans-serif', padding: '4px 12px', textAlign: 'right' }}>
      {user === ANONYMOUS ? (
        <>
          Not signed in: <code>ku7s login-link</code> prints a link.
        </>
      ) : (
        <>
          Signed in as <b>{user}</b>
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
