import { Alert, Anchor } from '@mantine/core';
import { useSyncExternalStore } from 'react';
import { connection } from '../server/client.ts';

/** Says at once that what is shown may be old. */
export function ConnectionBanner() {
  const state = useSyncExternalStore(connection.subscribe, connection.state);
  if (state === 'open' || state === 'opening') return null;
  return (
    <Alert
      role="status"
      color="yellow"
      mb="sm"
      title={state === 'lost' ? 'The connection is lost' : 'You are signed out'}
    >
      {state === 'lost' ? (
        'What you see may be old. It comes back by itself, and nothing is missed.'
      ) : (
        <>
          Your session or your rights have ended. <Anchor href={globalThis.location.href}>Sign in again</Anchor>
        </>
      )}
    </Alert>
  );
}
