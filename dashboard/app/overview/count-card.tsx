import { Card, Group, Text } from '@mantine/core';
import { useEffect, useMemo } from 'react';
import type { Kind } from '../server/kind.ts';
import type { Within } from '../server/reach.ts';
import { useSubscription } from '../server/use-subscription.ts';
import { PageLink } from '../shared/page-link.tsx';
import { useRead } from '../shared/use-read.ts';
import { pluralOf } from '../shell/navigation.tsx';

/** What tells whether objects of a kind are well: the field by which they are told apart, and its good values. */
export interface Health {
  by: string;
  good: readonly string[];
}

interface Counted {
  total: { count: number };
  groups: readonly { by: readonly (string | null)[]; count: number }[];
}

/** The same question of now, as it changes, and of a moment. */
function documentsOf({ many, namespaced }: Kind, by: string | undefined) {
  const selected = [...(namespaced ? ['namespaces: $namespaces'] : []), ...(by ? [`groupBy: [${by}]`] : [])];
  const variables = namespaced ? ['$namespaces: [String!]'] : [];
  const counted = '{ total { count } groups { by count } }';
  const given = (all: readonly string[]): string => (all.length ? `(${all.join(', ')})` : '');
  return {
    live: `subscription Count${given(variables)} { counted: ${many}AggregateLive${given(selected)} ${counted} }`,
    past: `query Count${given([...variables, '$asOf: String'])} {
      counted: ${many}Aggregate${given([...selected, 'asOf: $asOf'])} ${counted}
    }`,
  };
}

/**
 * How many objects of a kind there are, or were, and how they do. It leads to their list.
 * @param onKnown is called when it says so, or why it cannot; the same function at each render
 */
export function CountCard({
  kind,
  health,
  within,
  at,
  onKnown,
}: {
  kind: Kind;
  health: Health | undefined;
  within: Within;
  at: string | undefined;
  onKnown: () => void;
}) {
  const documents = useMemo(() => documentsOf(kind, health?.by), [kind, health]);
  const { namespaces, watch } = within;
  const selected = namespaces.length > 0 ? { namespaces } : {};
  const follows = at === undefined && watch;
  const now = useSubscription(
    follows ? documents.live : undefined,
    selected,
    (_: Counted | undefined, { counted }: { counted: Counted }) => counted,
  );
  const read = useRead<{ counted: Counted }>(follows ? undefined : documents.past, selected, at);
  const counted = follows ? now.state : read.data?.counted;
  const error = follows ? now.error : read.error;
  const isKnown = counted !== undefined || error !== undefined;
  useEffect(() => {
    if (isKnown) onKnown();
  }, [isKnown, onKnown]);
  const groups = health ? (counted?.groups ?? []) : [];
  const ill = groups
    .filter(({ by: [word] }) => !health?.good.includes(word ?? ''))
    .reduce((sum, { count }) => sum + count, 0);
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
          {error ? '–' : (counted?.total.count ?? '…')}
        </Text>
        {health && counted && counted.total.count > 0 && (
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
