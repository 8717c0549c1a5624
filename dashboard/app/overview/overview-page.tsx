import { Group, SimpleGrid, Stack, Text, Title } from '@mantine/core';
import { useRouter, useSearch } from '@tanstack/react-router';
import { useEffect, useReducer } from 'react';
import { ChangeList } from '../changes/change-list.tsx';
import { usePeoplesChanges } from '../changes/use-peoples-changes.ts';
import type { Kind } from '../server/kind.ts';
import { useReach } from '../server/use-reach.ts';
import { usePageTitle } from '../shared/use-page-title.ts';
import { Loading } from '../shared/loading.tsx';
import { PageLink } from '../shared/page-link.tsx';
import { Problem } from '../shared/problem.tsx';
import { useNamespaces } from '../shared/use-namespaces.ts';
import { ClusterUsage } from './cluster-usage.tsx';
import { CountCard, type Health } from './count-card.tsx';

const phases = (...good: readonly string[]): Health => ({ by: '{ status: { phase: ASC } }', good });

/** Kinds that are counted. */
const COUNTED: readonly { resource: string; health?: Health }[] = [
  { resource: 'pods', health: phases('Running', 'Succeeded') },
  { resource: 'deployments.apps' },
  { resource: 'statefulsets.apps' },
  { resource: 'daemonsets.apps' },
  { resource: 'jobs.batch' },
  { resource: 'nodes' },
  { resource: 'services' },
  { resource: 'ingresses.networking.k8s.io' },
  { resource: 'persistentvolumeclaims', health: phases('Bound') },
  { resource: 'configmaps' },
  { resource: 'secrets' },
  { resource: 'namespaces', health: phases('Active') },
];

/** Changes that are shown. */
const SHOWN = 15;
const NOBODY = 'Nobody has changed anything lately.';
const ASK_MS = 5_000;
/** Numbers that have not come by then are waited for no longer, ms. */
const WAIT_MS = 3_000;

const NOTHING: readonly Kind[] = [];

/** Whether so many have called what is returned, or have had their time. */
function useAll(count: number): [all: boolean, one: () => void] {
  const [known, one] = useReducer((before: number) => before + 1, 0);
  const [isLate, late] = useReducer(() => true, false);
  useEffect(() => {
    const timer = setTimeout(late, WAIT_MS);
    return () => clearTimeout(timer);
  }, []);
  return [isLate || known >= count, one];
}

/** Fetches the other pages when this one is whole, so that they are there when somebody goes to them. */
function useOtherPages(isWhole: boolean): void {
  const router = useRouter();
  useEffect(() => {
    if (!isWhole) return;
    // what cannot be fetched now is fetched when it is needed, and tells then why not
    for (const route of Object.values(router.routesById)) void router.loadRouteChunk(route)?.catch(() => undefined);
  }, [router, isWhole]);
}

/** What there is and how it does, each number leading to its list; what is used, and what changed lately. */
export function OverviewPage() {
  usePageTitle('Overview');
  const { at } = useSearch({ strict: false });
  const namespaces = useNamespaces();
  const reach = useReach();
  const { listable } = reach;
  const byResource = new Map(listable.map((kind) => [kind.resource, kind]));
  const nodes = byResource.get('nodes');
  const nodesWithin = nodes && reach.of(nodes);
  const cards = COUNTED.flatMap(({ resource, health }) => {
    const kind = byResource.get(resource);
    const within = kind && reach.of(kind);
    return kind && within ? [{ kind, health, within }] : [];
  });
  const [allKnown, onKnown] = useAll(cards.length);
  // the numbers come first: to compare what was with what is takes the server longer
  const { data, error } = usePeoplesChanges(allKnown ? listable : NOTHING, SHOWN, ASK_MS);
  useOtherPages(data !== undefined || error !== undefined);
  return (
    <Stack>
      <Title order={2} size="h3">
        Overview
      </Title>
      <SimpleGrid cols={{ base: 2, sm: 3, lg: 4 }}>
        {cards.map((card) => (
          <CountCard key={card.kind.resource} {...card} {...{ at, onKnown }} />
        ))}
      </SimpleGrid>
      {nodes && nodesWithin && !namespaces.length && at === undefined && (
        <ClusterUsage nodes={nodes} within={nodesWithin} />
      )}
      <Group justify="space-between" align="baseline">
        <Title order={3} size="h4">
          What changed lately
        </Title>
        <Text size="sm" c="dimmed">
          by people and programs; <PageLink to="/changes">what the cluster made of it, too</PageLink>
        </Text>
      </Group>
      <Problem error={error} />
      {data ? <ChangeList changes={data} named none={NOBODY} /> : !error && <Loading />}
    </Stack>
  );
}
