import { Button, Group, Modal, Progress, SegmentedControl, Stack, Table, Text } from '@mantine/core';
import { useState } from 'react';
import type { Place } from '../kinds/facet.ts';
import type { Kind } from '../server/kind.ts';
import { oneByOne, type Progress as Steps } from '../server/one-by-one.ts';
import { ask } from '../server/query.ts';
import { useQuery } from '../server/use-query.ts';
import { DataTable } from '../shared/data-table.tsx';
import { legible } from '../shared/legible.ts';
import { Problem } from '../shared/problem.tsx';

type Policy = 'Background' | 'Foreground' | 'Orphan';

const PREVIEW = /* GraphQL */ `
  query Preview($resource: String!, $namespace: String, $name: String!, $policy: String) {
    deletePreview(resource: $resource, namespace: $namespace, name: $name, propagationPolicy: $policy, first: 100) {
      deleted
      truncated
      objects {
        fate
        kind
        namespace
        name
        heldBy
      }
    }
  }
`;
const DELETE = /* GraphQL */ `
  mutation Delete($resource: String!, $namespace: String, $name: String!, $policy: String) {
    deleteObject(resource: $resource, namespace: $namespace, name: $name, propagationPolicy: $policy)
  }
`;

interface Preview {
  deleted: number;
  truncated: boolean;
  objects: readonly { fate: string; kind: string; namespace: string | null; name: string; heldBy: readonly string[] }[];
}

/** What a delete would take is shown before it is done. */
export function DeleteDialog({
  kind,
  places: given,
  onClose,
  onDone,
}: {
  kind: Kind;
  places: readonly Place[];
  onClose(): void;
  onDone(): void;
}) {
  // those that are gone leave the list from which they were chosen
  const [places] = useState(given);
  const [policy, setPolicy] = useState<Policy>('Background');
  const [steps, setSteps] = useState<Steps>();
  const [stop, setStop] = useState<AbortController>();
  const [first] = places;
  const one = places.length === 1 ? first : undefined;
  const { data, error } = useQuery<{ deletePreview: Preview | null }>(one ? PREVIEW : undefined, {
    resource: kind.resource,
    namespace: one?.namespace,
    name: one?.name,
    policy,
  });
  const run = async (): Promise<void> => {
    const { resource } = kind;
    const running = new AbortController();
    setStop(running);
    const { failed, done } = await oneByOne(
      places,
      ({ namespace, name }) => ask(DELETE, { resource, namespace, name, policy }),
      setSteps,
      running.signal,
    );
    setStop(undefined);
    if (failed.length || done < places.length) return;
    onDone();
    onClose();
  };
  const close = (): void => (stop ? stop.abort() : onClose());
  const preview = data?.deletePreview;
  return (
    <Modal
      opened
      onClose={close}
      size="lg"
      title={one ? `Delete ${kind.kind} ${legible(one.name)}` : `Delete ${places.length} objects`}
      returnFocus
    >
      <Stack>
        <SegmentedControl
          aria-label="What becomes of what it owns"
          value={policy}
          onChange={(value) => setPolicy(value as Policy)}
          data={[
            { value: 'Background', label: 'With what it owns' },
            { value: 'Foreground', label: 'What it owns first' },
            { value: 'Orphan', label: 'Leave what it owns' },
          ]}
        />
        <Problem error={error} />
        {preview && (
          <>
            <Text size="sm">
              {preview.deleted === 1 ? 'Nothing else goes with it.' : `${preview.deleted} objects go, itself counted.`}
              {preview.truncated && ' There are more than are shown.'}
            </Text>
            <DataTable heads={['Kind', 'Name', 'Becomes', 'Waits for']} minWidth={400} mah={280}>
              {preview.objects.map(({ fate, kind: each, namespace, name, heldBy }) => (
                <Table.Tr key={`${each}/${namespace}/${name}`}>
                  <Table.Td>{each}</Table.Td>
                  <Table.Td className="name">{legible(name)}</Table.Td>
                  <Table.Td>{fate.toLowerCase()}</Table.Td>
                  <Table.Td>{heldBy.join(', ')}</Table.Td>
                </Table.Tr>
              ))}
            </DataTable>
          </>
        )}
        {!one && (
          <Text size="sm" mah={160} className="names">
            {places.map(({ name }) => legible(name)).join(', ')}
          </Text>
        )}
        {steps && !one && (
          <>
            <Text size="sm" role="status">
              {steps.done} of {places.length}
              {!stop && steps.done < places.length && ', stopped'}
            </Text>
            <Progress value={(100 * steps.done) / places.length} aria-label="Deleting" />
          </>
        )}
        {steps && steps.failed.length > 0 && (
          <Problem error={new Error(steps.failed.join('\n'))} title={`${steps.failed.length} did not work`} />
        )}
        <Group justify="flex-end">
          <Button variant="default" onClick={close} data-autofocus>
            {stop && !one ? 'Stop' : 'Cancel'}
          </Button>
          <Button color="red.9" onClick={() => void run()} loading={stop !== undefined}>
            Delete
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
