import { Button, PasswordInput, Stack } from '@mantine/core';
import { useState, type FormEvent } from 'react';
import { signIn } from '../server/session.ts';
import { Problem } from '../shared/problem.tsx';

/** Signs in with a token, which leaves the page for the server at once and is kept nowhere. */
export function TokenForm() {
  const [token, setToken] = useState('');
  const [error, setError] = useState<unknown>();
  const [busy, setBusy] = useState(false);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    setBusy(true);
    signIn(token.trim()).then(
      () => globalThis.location.reload(),
      (reason: unknown) => {
        setError(reason);
        setBusy(false);
      },
    );
  };
  return (
    <form onSubmit={submit}>
      <Stack gap="sm">
        <PasswordInput
          label="Token"
          description="of a service account (kubectl create token NAME), of OpenID Connect (an ID token), or any other that this cluster takes"
          autoComplete="off"
          value={token}
          onChange={(event) => setToken(event.currentTarget.value)}
        />
        <Problem error={error} title="That token is not taken" />
        <Button type="submit" loading={busy} disabled={!token.trim()}>
          Sign in
        </Button>
      </Stack>
    </form>
  );
}
