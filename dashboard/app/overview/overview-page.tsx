import { Card, Group, SimpleGrid, Stack, Text, Title } from '@mantine/core';
import { useSearch } from '@tanstack/react-router';
import { useMemo } from 'react';
import { quietKinds } from '../changes/quiet-kinds.ts';
import { CHANGES, CHANGES_MS } from '../changes/changes-page.tsx';
import { ChangeList, type Change } from '../changes/change-list.tsx';
import { namespacesIn } from '../search-params.ts';
import type { Kind } from '../server/kind.ts';
import { useQuery } from '../server/use-query.ts';
import { useSubscription } from '../server/use-subscription.ts';
import { PageLink } from '../shared/page-link.tsx';
import { useTick } from '../shared/tick.ts';
import { Problem } from '../shared/problem.tsx';
import { pluralOf, useListable } from '../shell/navigation.tsx';

/** Kinds that are counted, by what tells whether they are well: the field by which they are told apart, and its good values. */
const COUNTED: readonly { resource: string; by?: string; good?: readonly string[] }[] = [
  { resource: 'pods', by: '{ status: { phase: ASC } }', good: ['Running', 'Succeeded'] },
  { resource: 'deployments.apps' },
  { resource: 'statefulsets.apps' },
  { resource: 'daemonsets.apps' },
  { resource: 'jobs.batch' },
  { resource: 'nodes' },
  { resource: 'services' },
  { resource: 'ingresses.networking.k8s.io' },
  { resource: 'persistentvolumeclaims', by: '{ status: { phase: ASC } }', good: ['Bound'] },
  { resource: 'configmaps' },
  { resource: 'secrets' },
  { resource: 'namespaces', by: '{ status: { phase: ASC } }', good: ['Active'] },
];

/** What there is and how it does, each number leading to its list; and what changed lately. */
export function OverviewPage() {
  const search = useSearch({ strict: false });
  const namespaces = namespacesIn(search);
  const listable = useListable(namespaces);
  const byResource = new Map(listable.map((kind) => [kind.resource, kind]));
  const { data, error } = useQuery<{ changes: { items: readonly Change[] } }>(
    CHANGES,
    { ...(namespaces.length > 0 && { namespaces }), kinds: quietKinds(listable), first: 15 },
    useTick(CHANGES_MS),
  );
  return (
    <Stack>
      <Title order={2} size="h3">
        Overview
      </Title>
      <SimpleGrid cols={{ base: 2, sm: 3, lg: 4 }}>
        {COUNTED.flatMap(({ resource, by, good }) => {
          const kind = byResource.get(resource);
          return kind ? [<Count key={resource} kind={kind} by={by} good={good} namespaces={namespaces} />] : [];
        })}
      </SimpleGrid>
      <Title order={3} size="h4">
        What changed lately
      </Title>
      <Problem error={error} />
      {data && <ChangeList changes={data.changes.items} named />}
    </Stack>
  );
}

/** `(namespaces: $namespaces, groupBy: […])`, as far as there are any. */
function argumentsOf({ namespaced }: Kind, by: string | undefined): string {
  const given = [...(namespaced ? ['namespaces: $namespaces'] : []), ...(by ? [`groupBy: [${by}]`] : [])];
  return given.length ? `(${given.join(', ')})` : '';
}

interface Counted {
  total: { count: number };
  groups: readonly { by: readonly (string | null)[]; count: number }[];
}

function Count({
  kind,
  by,
  good,
  namespaces,
}: {
  kind: Kind;
  by: string | undefined;
  good: readonly string[] | undefined;
  namespaces: readonly string[];
}) {
  const document = useMemo(
    () => `subscription Count${kind.namespaced ? '($namespaces: [String!])' : ''} {
      counted: ${kind.many}AggregateLive${argumentsOf(kind, by)} {
        total { count }
        groups { by count }
      }
    }`,
    [kind, by],
  );
  const { state, error } = useSubscription(
    document,
    kind.namespaced && namespaces.length > 0 ? { namespaces } : {},
    (_: Counted | undefined, { counted }: { counted: Counted }) => counted,
  );
  const groups = by ? (state?.groups ?? []) : [];
  const ill = groups.filter(({ by: [word] }) => !good?.includes(word ?? '')).reduce((sum, { count }) => sum + count, 0);
  return (
    <Card
      withBorder
      padding="sm"
      className="count"
      renderRoot={(props: { className?: string }) => <PageLink to={`/kinds/${kind.resource}`} {...props} />}
    >
      <Text size="sm" c="dimmed" truncate title={pluralOf(kind)}>
        {pluralOf(kind)}
      </Text>
      <Group justify="space-between" align="baseline">
        <Text fz={28} fw={600} aria-live="polite">
          {error ? '–' : (state?.total.count ?? '…')}
        </Text>
        {by && state && state.total.count > 0 && (
          <Text size="sm" className={ill ? 'ill' : 'well'}>
            {ill ? `${ill} not well` : 'all well'}
          </Text>
        )}
      </Group>
      {groups.length > 0 && (
        <Text size="xs" c="dimmed">
          {groups.map(({ by: [word], count }) => `${count} ${word ?? 'without'}`).join(', ')}
        </Text>
      )}
    </Card>
  );
}
