import { Button, Menu, Text, useMantineColorScheme } from '@mantine/core';
import { useEffect, useState } from 'react';

const URL = '/graphiql/session';
/** A page that stays open asks so often, ms: a session that is used lasts. */
const ASK_MS = 10 * 60_000;

interface Who {
  user: string;
  groups: readonly string[];
  /** in a session: whether it may write, and its end */
  write?: boolean;
  until?: string;
}

/** Who one is, and the way out. */
function useWho(): Who | undefined {
  const [who, setWho] = useState<Who>();
  useEffect(() => {
    const ask = (): void =>
      void fetch(URL).then(
        async (answer) => answer.ok && setWho((await answer.json()) as Who),
        () => undefined,
      );
    ask();
    const timer = setInterval(ask, ASK_MS);
    return () => clearInterval(timer);
  }, []);
  return who;
}

export function SessionMenu() {
  const who = useWho();
  const { setColorScheme } = useMantineColorScheme();
  const signOut = (): void => void fetch(URL, { method: 'DELETE' }).then(() => globalThis.location.reload());
  if (!who) return null;
  return (
    <Menu position="bottom-end" width={280}>
      <Menu.Target>
        <Button variant="default" size="xs" maw={180}>
          {who.user}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>
          {who.user}
          {who.write === false && ', for reading only'}
        </Menu.Label>
        {who.groups.length > 0 && (
          <Text size="xs" c="dimmed" px="sm" pb="xs">
            {who.groups.join(', ')}
          </Text>
        )}
        <Menu.Divider />
        <Menu.Item onClick={() => setColorScheme('light')}>Light</Menu.Item>
        <Menu.Item onClick={() => setColorScheme('dark')}>Dark</Menu.Item>
        <Menu.Item onClick={() => setColorScheme('auto')}>As the system</Menu.Item>
        <Menu.Divider />
        <Menu.Item component="a" href="/graphiql">
          GraphiQL
        </Menu.Item>
        {who.write !== undefined && <Menu.Item onClick={signOut}>Sign out</Menu.Item>}
      </Menu.Dropdown>
    </Menu>
  );
}
