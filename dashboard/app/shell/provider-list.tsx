import { Button, Stack } from '@mantine/core';
import { useEffect, useState } from 'react';
import { providersOf } from '../server/session.ts';

/** The OpenID providers at which one may sign in: each is left for by a link, and leads back. */
export function ProviderList() {
  const [providers, setProviders] = useState<readonly string[]>([]);
  useEffect(() => {
    providersOf().then(setProviders, () => undefined);
  }, []);
  if (!providers.length) return null;
  return (
    <Stack gap="sm">
      {providers.map((url) => (
        <Button key={url} component="a" href={`/dashboard/login?issuer=${encodeURIComponent(url)}`}>
          Sign in at {new URL(url).host}
        </Button>
      ))}
    </Stack>
  );
}
