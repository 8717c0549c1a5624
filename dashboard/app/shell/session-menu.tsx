import { Button, Menu, Text, useMantineColorScheme } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useEffect, useState } from 'react';
import { signOut, whoAmI, type Who } from '../server/session.ts';
import { ClustersDialog } from './clusters-dialog.tsx';

/** A page that stays open asks so often, ms: a session that is used lasts. */
const ASK_MS = 10 * 60_000;

/** Who one is, and the way out. */
function useWho(): Who | undefined {
  const [who, setWho] = useState<Who>();
  useEffect(() => {
    const ask = (): void =>
      void whoAmI().then(
        (found) => found && setWho(found),
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
  const leave = (): void => void signOut().then(() => globalThis.location.reload());
  const [clusters, { open: showClusters, close: hideClusters }] = useDisclosure(false);
  if (!who) return null;
  return (
    <>
      <Menu position="bottom-end" width={280}>
        <Menu.Target>
          <Button variant="default" size="xs" px="xs" maw={{ base: 70, sm: 180 }}>
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
          <Menu.Item onClick={showClusters}>Other clusters</Menu.Item>
          <Menu.Item component="a" href="/graphiql">
            GraphiQL
          </Menu.Item>
          {who.write !== undefined && <Menu.Item onClick={leave}>Sign out</Menu.Item>}
        </Menu.Dropdown>
      </Menu>
      {clusters && <ClustersDialog onClose={hideClusters} />}
    </>
  );
}
