import { Button, Code, CopyButton, Stack, Table, Title } from '@mantine/core';
import { DataTable } from '../shared/data-table.tsx';

/** Commands to be pasted into a terminal of one's own. */
export const CommandList = ({ commands }: { commands: readonly (readonly [what: string, command: string])[] }) => (
  <Stack gap="xs" component="section" aria-label="With kubectl">
    <Title order={3} size="h5">
      With kubectl
    </Title>
    <DataTable heads={['What', 'Command', 'Copy']} minWidth={560}>
      {commands.map(([what, command]) => (
        <Table.Tr key={what}>
          <Table.Td>{what}</Table.Td>
          <Table.Td>
            <Code className="name">{command}</Code>
          </Table.Td>
          <Table.Td>
            <CopyButton value={command}>
              {({ copied, copy }) => (
                <Button size="compact-xs" variant="default" onClick={copy} aria-label={`Copy: ${what}`}>
                  {copied ? 'Copied' : 'Copy'}
                </Button>
              )}
            </CopyButton>
          </Table.Td>
        </Table.Tr>
      ))}
    </DataTable>
  </Stack>
);
