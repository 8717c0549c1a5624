import { SimpleGrid, Stack, Title } from '@mantine/core';
import { useSearch } from '@tanstack/react-router';
import { useMemo } from 'react';
import { ChangeList } from '../changes/change-list.tsx';
import { useChanges } from '../changes/use-changes.ts';
import { namespacesIn } from '../search-params.ts';
import { Problem } from '../shared/problem.tsx';
import { useListable } from '../shell/navigation.tsx';
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

/** What there is and how it does, each number leading to its list; what is used, and what changed lately. */
export function OverviewPage() {
  const { ns, at } = useSearch({ strict: false });
  const namespaces = useMemo(() => namespacesIn(ns === undefined ? {} : { ns }), [ns]);
  const listable = useListable(namespaces);
  const byResource = new Map(listable.map((kind) => [kind.resource, kind]));
  const nodes = byResource.get('nodes');
  const { data, error } = useChanges(listable, { first: 15 });
  return (
    <Stack>
      <Title order={2} size="h3">
        Overview
      </Title>
      <SimpleGrid cols={{ base: 2, sm: 3, lg: 4 }}>
        {COUNTED.flatMap(({ resource, health }) => {
          const kind = byResource.get(resource);
          return kind ? [<CountCard key={resource} {...{ kind, health, namespaces, at }} />] : [];
        })}
      </SimpleGrid>
      {nodes && !namespaces.length && at === undefined && <ClusterUsage nodes={nodes} />}
      <Title order={3} size="h4">
        What changed lately
      </Title>
      <Problem error={error} />
      {data && <ChangeList changes={data} named />}
    </Stack>
  );
}
