import { Button, Checkbox, Group, Modal, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import { useSubscription } from '../server/use-subscription.ts';
import { Problem } from '../shared/problem.tsx';

const DRAIN = /* GraphQL */ `
  subscription Drain($name: String!, $force: Boolean, $deleteEmptyDirData: Boolean) {
    drainNode(name: $name, ignoreDaemonSets: true, force: $force, deleteEmptyDirData: $deleteEmptyDirData) {
      type
      message
      remaining
    }
  }
`;

interface Step {
  type: string;
  message: string;
  remaining: number;
}
const MOST = 500;
const reduce = (before: readonly Step[] | undefined, { drainNode }: { drainNode: Step }): readonly Step[] => [
  ...(before ?? []).slice(-MOST),
  drainNode,
];

/** Takes all pods from a node, as disruption budgets allow it, and tells each step. To close it is to stop. */
export function DrainDialog({ name, onClose }: { name: string; onClose(): void }) {
  const [force, setForce] = useState(false);
  const [data, setData] = useState(false);
  const [begun, setBegun] = useState(false);
  const { state, error, ended } = useSubscription(
    begun ? DRAIN : undefined,
    { name, force, deleteEmptyDirData: data },
    reduce,
  );
  const last = state?.at(-1);
  return (
    <Modal opened onClose={onClose} title={`Drain ${name}`} size="lg" returnFocus>
      <Stack>
        {!begun && (
          <>
            <Text size="sm">
              No new pods come to the node, and those that are there are evicted. Pods of DaemonSets stay.
            </Text>
            <Checkbox
              label="Pods too that nothing makes again"
              checked={force}
              onChange={(event) => setForce(event.currentTarget.checked)}
            />
            <Checkbox
              label="Pods too that lose data in emptyDir volumes"
              checked={data}
              onChange={(event) => setData(event.currentTarget.checked)}
            />
          </>
        )}
        <Problem error={error} />
        {begun && (
          <div className="log" role="log" aria-label="Steps" tabIndex={0}>
            {state?.map(({ message }, place) => (
              <div key={place}>{message}</div>
            ))}
          </div>
        )}
        <Group justify="space-between">
          <Text size="sm" role="status">
            {last && !ended && `${last.remaining} pods are left`}
            {ended && 'Done'}
          </Text>
          <Group>
            <Button variant="default" onClick={onClose}>
              {begun && !ended && !error ? 'Stop' : 'Close'}
            </Button>
            {!begun && <Button onClick={() => setBegun(true)}>Drain</Button>}
          </Group>
        </Group>
      </Stack>
    </Modal>
  );
}
