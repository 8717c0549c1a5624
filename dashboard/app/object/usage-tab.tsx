import { SimpleGrid, Stack, Text } from '@mantine/core';
import { useEffect, useState } from 'react';
import type { Place } from '../kinds/facet.ts';
import { useTick } from '../shared/tick.ts';
import { codeOf } from '../server/errors.ts';
import { useQuery } from '../server/use-query.ts';
import { Plot, type Points } from '../shared/plot.tsx';
import { Problem } from '../shared/problem.tsx';
import { amountOf } from '../shared/quantity.ts';
import type { WholeObject } from './use-object.ts';

const USAGE = /* GraphQL */ `
  query Usage($resource: String!, $namespace: String, $name: String!) {
    object(resource: $resource, namespace: $namespace, name: $name)
  }
`;

interface Amounts {
  cpu?: string;
  memory?: string;
}
/** PodMetrics, or NodeMetrics */
interface Metrics {
  timestamp: string;
  usage?: Amounts;
  containers?: readonly { name: string; usage: Amounts }[];
}

/** Points that are kept, and how often a new one is asked for, ms. */
const MOST = 360;
const ASK_MS = 5_000;

/** What a pod or a node uses, since the page was opened. @param resource `pods.metrics.k8s.io` */
export default function UsageTab({ resource, place, object }: { resource: string; place: Place; object: WholeObject }) {
  const { data, error } = useQuery<{ object: Metrics }>(USAGE, { resource, ...place }, useTick(ASK_MS));
  const [cpu, setCpu] = useState<Points>([]);
  const [memory, setMemory] = useState<Points>([]);
  const metrics = data?.object;
  useEffect(() => {
    if (!metrics) return;
    const at = Date.parse(metrics.timestamp) / 1000;
    const add = (points: Points, of: keyof Amounts): Points =>
      points.at(-1)?.[0] === at ? points : [...points.slice(-MOST), [at, sumOf(metrics, of)]];
    setCpu((before) => add(before, 'cpu'));
    setMemory((before) => add(before, 'memory'));
  }, [metrics]);
  const bounds = (of: keyof Amounts, scale: number) =>
    boundsOf(object, of).map(({ name, amount }) => ({ name, value: amount / scale }));
  const MIB = 2 ** 20;
  return (
    <Stack>
      {codeOf(error) === 404 ? (
        <Text role="status" c="dimmed">
          It has not been measured yet.
        </Text>
      ) : (
        <Problem error={error} title="There are no figures" />
      )}
      {cpu.length > 0 && (
        <SimpleGrid cols={{ base: 1, md: 2 }}>
          <Plot title="Processor, cores" points={cpu} bounds={bounds('cpu', 1)} />
          <Plot
            title="Memory, MiB"
            points={memory.map(([at, bytes]) => [at, bytes / MIB] as const)}
            bounds={bounds('memory', MIB)}
          />
        </SimpleGrid>
      )}
      {metrics?.containers && (
        <Text size="sm">
          {metrics.containers
            .map(({ name, usage }) => `${name}: ${usage.cpu ?? '–'}, ${usage.memory ?? '–'}`)
            .join('; ')}
        </Text>
      )}
    </Stack>
  );
}

const sumOf = ({ usage, containers }: Metrics, of: keyof Amounts): number =>
  [...(usage ? [usage] : []), ...(containers ?? []).map((each) => each.usage)].reduce(
    (sum, amounts) => sum + (amountOf(amounts[of] ?? '0') || 0),
    0,
  );

interface Spec {
  containers?: readonly { resources?: { requests?: Amounts; limits?: Amounts } }[];
}

/** What all containers ask for, and may use at most where each has a limit; of a node what it can give. */
function boundsOf({ spec, status }: WholeObject, of: keyof Amounts): { name: string; amount: number }[] {
  const { allocatable } = (status ?? {}) as { allocatable?: Amounts };
  if (allocatable) return [{ name: 'allocatable', amount: amountOf(allocatable[of] ?? '') }];
  const { containers = [] } = (spec ?? {}) as Spec;
  return (['requests', 'limits'] as const).flatMap((name) => {
    const given = containers.flatMap(({ resources }) => resources?.[name]?.[of] ?? []);
    if (!given.length || (name === 'limits' && given.length < containers.length)) return [];
    return [{ name, amount: given.reduce((sum, each) => sum + amountOf(each), 0) }];
  });
}
