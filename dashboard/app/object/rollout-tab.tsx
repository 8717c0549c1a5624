import { Button, Stack, Table, Text } from '@mantine/core';
import { useMemo, useState } from 'react';
import type { Place } from '../kinds/facet.ts';
import type { Kind } from '../server/kind.ts';
import { ask } from '../server/query.ts';
import { useQuery } from '../server/use-query.ts';
import { DataTable } from '../shared/data-table.tsx';
import { Problem } from '../shared/problem.tsx';
import { textsAt } from '../shared/value-at.ts';

interface Revision {
  revision: number;
  name: string;
  current: boolean;
  changeCause: string | null;
  template: unknown;
}
interface Rollout {
  rolloutStatus: { message: string; done: boolean; failed: boolean } | null;
  rolloutHistory: readonly Revision[] | null;
}

/** How a rollout goes, and the revisions to which it can go back. */
export function RolloutTab({
  kind,
  place,
  version,
  writable,
}: {
  kind: Kind;
  place: Place;
  version: string | undefined;
  writable: boolean;
}) {
  const [error, setError] = useState<unknown>();
  const documents = useMemo(
    () => ({
      read: `query Rollout($namespace: String!, $name: String!) {
        one: ${kind.one}(namespace: $namespace, name: $name) {
          rolloutStatus { message done failed }
          rolloutHistory { revision name current changeCause template }
        }
      }`,
      undo: `mutation Undo($namespace: String!, $name: String!, $to: Int64!) {
        rolloutUndo${kind.kind}(namespace: $namespace, name: $name, toRevision: $to) { metadata { name } }
      }`,
    }),
    [kind],
  );
  const { data, error: refused } = useQuery<{ one: Rollout | null }>(documents.read, { ...place }, version);
  const goTo = (to: number): void => {
    setError(undefined);
    ask(documents.undo, { ...place, to }).catch(setError);
  };
  if (refused) return <Problem error={refused} />;
  const rollout = data?.one;
  if (!rollout) return null;
  return (
    <Stack>
      <Text role="status">{rollout.rolloutStatus?.message}</Text>
      <Problem error={error} />
      <DataTable heads={['Revision', 'Images', 'Cause', 'Way back']} minWidth={500}>
        {[...(rollout.rolloutHistory ?? [])].reverse().map(({ revision, current, changeCause, template }) => (
          <Table.Tr key={String(revision)}>
            <Table.Td>{String(revision)}</Table.Td>
            <Table.Td>{textsAt(template, 'spec.containers.image').join(', ')}</Table.Td>
            <Table.Td>{changeCause}</Table.Td>
            <Table.Td>
              {current ? (
                'now'
              ) : (
                <Button size="compact-xs" variant="default" disabled={!writable} onClick={() => goTo(revision)}>
                  Go back to {String(revision)}
                </Button>
              )}
            </Table.Td>
          </Table.Tr>
        ))}
      </DataTable>
    </Stack>
  );
}
