import { Group, Progress, Stack, Text } from '@mantine/core';
import { useMemo } from 'react';
import type { Kind } from '../server/kind.ts';
import { useList } from '../list/use-list.ts';
import type { Within } from '../server/reach.ts';
import { useRightsToOther } from '../server/use-rights.ts';
import { useQuery } from '../server/use-query.ts';
import { amountOf } from '../shared/quantity.ts';
import { useTick } from '../shared/tick.ts';

const USAGE = /* GraphQL */ `
  query ClusterUsage {
    objects(resource: "nodes.metrics.k8s.io") {
      items
    }
  }
`;
/** Between two questions, ms: nodes are measured four times a minute. */
const ASK_MS = 15_000;
const METRICS = 'nodes.metrics.k8s.io';
const MIB = 2 ** 20;
/** Nodes whose sizes are added up. */
const MOST = 5000;

interface NodeMetrics {
  usage: { cpu: string; memory: string };
}

/** What all nodes together use, of what pods may have of them; nothing where the cluster is not measured. */
export function ClusterUsage({ nodes, within }: { nodes: Kind; within: Within }) {
  const mayMeasure = useRightsToOther(METRICS, null).has('list');
  const { data } = useQuery<{ objects: { items: readonly NodeMetrics[] } | null }>(
    mayMeasure ? USAGE : undefined,
    undefined,
    useTick(ASK_MS),
  );
  const { items } = useList(nodes, {
    within: mayMeasure ? within : undefined,
    first: MOST,
    extra: 'x0: status { allocatable { key value } }',
  });
  const sizes = useMemo(() => items.map(({ x0 }) => allocatableIn(x0)), [items]);
  const measured = data?.objects?.items ?? [];
  if (!measured.length || !sizes.length) return null;
  const used = (of: 'cpu' | 'memory') => measured.reduce((sum, { usage }) => sum + (amountOf(usage[of]) || 0), 0);
  const size = (of: 'cpu' | 'memory') => sizes.reduce((sum, each) => sum + each[of], 0);
  return (
    <Stack component="section" gap="xs" aria-label="Usage">
      <Used what="Processor" used={used('cpu')} of={size('cpu')} unit="cores" />
      <Used what="Memory" used={used('memory') / MIB} of={size('memory') / MIB} unit="MiB" />
    </Stack>
  );
}

function Used({ what, used, of, unit }: { what: string; used: number; of: number; unit: string }) {
  const share = of > 0 ? (100 * used) / of : 0;
  return (
    <Group gap="sm" wrap="nowrap">
      <Text size="sm" miw={{ base: 200, sm: 260 }}>
        {what}: {shown(used)} of {shown(of)} {unit}
      </Text>
      <Progress flex={1} value={share} aria-label={`${what} in use`} />
    </Group>
  );
}

const shown = (amount: number): string => (amount < 10 ? amount.toFixed(2) : Math.round(amount).toLocaleString('en'));

const allocatableIn = (status: unknown): { cpu: number; memory: number } => {
  const { allocatable } = (status ?? {}) as { allocatable?: readonly { key: string; value: string }[] };
  const of = (wanted: string) => amountOf(allocatable?.find(({ key }) => key === wanted)?.value ?? '0') || 0;
  return { cpu: of('cpu'), memory: of('memory') };
};
