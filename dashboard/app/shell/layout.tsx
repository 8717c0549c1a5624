import { AppShell, Burger, Group, ScrollArea, Title } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { Link, Navigate, Outlet, useSearch } from '@tanstack/react-router';
import { namespacesIn } from '../search-params.ts';
import { useCluster } from '../server/kinds.tsx';
import { ConnectionBanner } from './connection-banner.tsx';
import { NamespacePicker } from './namespace-picker.tsx';
import { Navigation } from './navigation.tsx';
import { SearchDialog } from './search-dialog.tsx';
import { SessionMenu } from './session-menu.tsx';
import { TimeControl, TimeBanner } from './time-control.tsx';

/** Namespaces that are looked at where none are chosen, at most. */
const MOST_AT_HOME = 20;

/** Where one begins who may list nothing everywhere: in the namespaces that one may look into. */
function useHome(): string | undefined {
  const { kinds, namespaces } = useCluster();
  const { ns } = useSearch({ strict: false });
  if (ns !== undefined || !namespaces.length) return undefined;
  if (kinds.some(({ namespaced, rights }) => namespaced && rights.includes('list'))) return undefined;
  return namespaces.slice(0, MOST_AT_HOME).join(',');
}

/** The frame of all pages. */
export function Layout() {
  const [open, { toggle, close }] = useDisclosure(false);
  const namespaces = namespacesIn(useSearch({ strict: false }));
  const home = useHome();
  if (home !== undefined)
    return <Navigate to="." search={((before: object) => ({ ...before, ns: home })) as never} replace />;
  return (
    <AppShell
      header={{ height: 52 }}
      navbar={{ width: 230, breakpoint: 'sm', collapsed: { mobile: !open } }}
      padding="md"
    >
      <a href="#main" className="skip-link">
        Skip to the content
      </a>
      <AppShell.Header px={{ base: 'xs', sm: 'md' }}>
        <Group h="100%" justify="space-between" wrap="nowrap" gap={8}>
          <Group wrap="nowrap" gap={8}>
            <Burger opened={open} onClick={toggle} hiddenFrom="sm" size="sm" aria-label="Kinds" />
            <Link to="/" className="home">
              <Title order={1} size="h4">
                ku7s
              </Title>
            </Link>
            <NamespacePicker />
          </Group>
          <Group wrap="nowrap" gap={8}>
            <SearchDialog />
            <TimeControl />
            <SessionMenu />
          </Group>
        </Group>
      </AppShell.Header>
      <AppShell.Navbar aria-label="Kinds">
        <ScrollArea type="auto" p="xs">
          <Navigation onChosen={close} namespaces={namespaces} />
        </ScrollArea>
      </AppShell.Navbar>
      <AppShell.Main id="main" tabIndex={-1}>
        <ConnectionBanner />
        <TimeBanner />
        <Outlet />
      </AppShell.Main>
    </AppShell>
  );
}
