import { Anchor, Center, Code, Loader, Stack, Text, Title } from '@mantine/core';
import { Problem } from '../shared/problem.tsx';
import { codeOf } from '../server/errors.ts';
import { ProviderList } from './provider-list.tsx';
import { TokenForm } from './token-form.tsx';

/** Before anything is known of the cluster: it does not answer yet, or one is not signed in. */
export function Welcome({ error }: { error: unknown }) {
  const code = codeOf(error);
  return (
    <Center mih="100vh" p="md">
      <Stack align="stretch" maw={520} component="main">
        <Title order={1} ta="center">
          ku7s
        </Title>
        {error === undefined && <Loader aria-label="Loading" mx="auto" />}
        {(code === 401 || code === 403) && (
          <>
            <Text>You are not signed in.</Text>
            <ProviderList />
            <TokenForm />
            <Text size="sm" c="dimmed">
              Or without a token: <Code>ku7s login-link</Code> prints a link that signs a browser in, once; with{' '}
              <Code>--read-only</Code> one that changes nothing. A browser that has a client certificate of this cluster
              is signed in by it.
            </Text>
          </>
        )}
        {error !== undefined && code !== 401 && code !== 403 && (
          <>
            <Problem error={error} title="The cluster does not answer" />
            <Anchor href="/dashboard">Try again</Anchor>
          </>
        )}
      </Stack>
    </Center>
  );
}
