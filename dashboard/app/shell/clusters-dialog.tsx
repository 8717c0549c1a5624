import { Anchor, Button, FileButton, Group, Modal, Stack, Table, Text } from '@mantine/core';
import { useState } from 'react';
import { DataTable } from '../shared/data-table.tsx';
import { Problem } from '../shared/problem.tsx';
import { clustersIn, type OtherCluster } from './clusters-in.ts';

/** Where the names and addresses are kept, in this browser. */
const KEY = 'ku7s-clusters';

function kept(): readonly OtherCluster[] {
  try {
    const found: unknown = JSON.parse(localStorage.getItem(KEY) ?? '[]');
    return Array.isArray(found) ? (found as OtherCluster[]) : [];
  } catch {
    return [];
  }
}

/** The clusters of a kubeconfig, each of which has a dashboard of its own. Nothing of the file leaves the browser. */
export function ClustersDialog({ onClose }: { onClose(): void }) {
  const [clusters, setClusters] = useState(kept);
  const [error, setError] = useState<unknown>();
  const keep = (all: readonly OtherCluster[]): void => {
    localStorage.setItem(KEY, JSON.stringify(all));
    setClusters(all);
    setError(undefined);
  };
  const read = (file: File | null): void =>
    void file
      ?.text()
      .then((text) => keep(clustersIn(text)))
      .catch(setError);
  return (
    <Modal opened onClose={onClose} title="Other clusters" size="lg" returnFocus>
      <Stack>
        <Text size="sm">
          Of a kubeconfig the names and addresses are read, and kept in this browser; its credentials are not, and
          nothing of it is sent. Each cluster is signed in to by itself.
        </Text>
        <Problem error={error} title="It cannot be read" />
        {clusters.length > 0 && (
          <DataTable heads={['Context', 'Dashboard']} minWidth={300}>
            {clusters.map(({ name, url }) => (
              <Table.Tr key={name}>
                <Table.Td className="name">{name}</Table.Td>
                <Table.Td className="name">
                  <Anchor href={url} rel="noreferrer">
                    {url}
                  </Anchor>
                </Table.Td>
              </Table.Tr>
            ))}
          </DataTable>
        )}
        <Group justify="flex-end">
          {clusters.length > 0 && (
            <Button variant="default" onClick={() => keep([])}>
              Forget them
            </Button>
          )}
          <FileButton onChange={read}>{(props) => <Button {...props}>Read a kubeconfig</Button>}</FileButton>
        </Group>
      </Stack>
    </Modal>
  );
}
