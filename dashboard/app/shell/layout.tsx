import { AppShell, Burger, Group, ScrollArea, Title } from '@mantine/core';
import { useDidUpdate, useDisclosure } from '@mantine/hooks';
import { Link, Outlet, useLocation, useSearch } from '@tanstack/react-router';
import { useEffect } from 'react';
import { useCluster } from '../server/kinds.tsx';
import { ReachHere, useReachIn } from '../server/use-reach.ts';
import { useChangeSearch } from '../shared/page-link.tsx';
import { useNamespaces } from '../shared/use-namespaces.ts';
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

/** What drops down from the header covers the navigation, which has 100. */
const ABOVE_THE_KINDS = 110;

/** The frame of all pages. */
export function Layout() {
  const [open, { toggle, close }] = useDisclosure(false);
  const reach = useReachIn(useNamespaces());
  const home = useHome();
  const { pathname } = useLocation();
  // who goes on to another page goes on reading there, not at the top of the frame
  useDidUpdate(() => document.getElementById('main')?.focus({ preventScroll: true }), [pathname]);
  const change = useChangeSearch();
  useEffect(() => {
    if (home !== undefined) change({ ns: home });
  }, [home]);
  if (home !== undefined) return null;
  return (
    <ReachHere value={reach}>
      <AppShell
        header={{ height: 52 }}
        navbar={{ width: 230, breakpoint: 'sm', collapsed: { mobile: !open } }}
        padding="md"
      >
        <a href="#main" className="skip-link">
          Skip to the content
        </a>
        <AppShell.Header px={{ base: 'xs', sm: 'md' }} zIndex={ABOVE_THE_KINDS}>
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
          <ScrollArea type="auto" offsetScrollbars="y" p="xs">
            <Navigation onChosen={close} />
          </ScrollArea>
        </AppShell.Navbar>
        <AppShell.Main id="main" tabIndex={-1}>
          <ConnectionBanner />
          <TimeBanner />
          <Outlet />
        </AppShell.Main>
      </AppShell>
    </ReachHere>
  );
}
