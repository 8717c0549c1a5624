import { Button, Menu, Text, useMantineColorScheme } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { lazy, Suspense } from 'react';
import { useCluster } from '../server/kinds.tsx';
import { signOut } from '../server/session.ts';
import { part } from '../shared/part.ts';

const ClustersDialog = lazy(() =>
  part(() => import('./clusters-dialog.tsx')).then((loaded) => ({ default: loaded.ClustersDialog })),
);

/** Who one is, how the page looks, and the way out. */
export function SessionMenu() {
  const { who } = useCluster();
  const { setColorScheme } = useMantineColorScheme();
  const leave = (): void => void signOut().then(() => globalThis.location.reload());
  const [clusters, { open: showClusters, close: hideClusters }] = useDisclosure(false);
  if (!who) return null;
  return (
    <>
      <Menu position="bottom-end" width={280}>
        <Menu.Target>
          <Button variant="default" size="xs" px="xs" maw={{ base: 70, sm: 180 }} title={who.user} className="who">
            {who.user}
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Label>
            {who.user}
            {who.write === false && ', for reading only'}
          </Menu.Label>
          {who.groups.length > 0 && (
            <Text component="div" size="xs" c="dimmed" px="sm" pb="xs">
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
      <Suspense>{clusters && <ClustersDialog onClose={hideClusters} />}</Suspense>
    </>
  );
}
