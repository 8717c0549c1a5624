import { Table, Text } from '@mantine/core';
import { legible } from '../shared/legible.ts';
import { DataTable } from '../shared/data-table.tsx';
import type { FieldChange } from './change.ts';

/** Fields that are shown, and characters of a value. */
const MOST = 100;
const LONGEST = 300;

/** What became of which field. */
export function FieldChanges({ diff }: { diff: readonly FieldChange[] }) {
  const fields = diff.filter(({ path }) => path !== '');
  const whole = diff.find(({ path }) => path === '');
  return (
    <>
      {whole && (
        <Text size="sm">
          {whole.to === null || whole.to === undefined ? 'The whole object goes.' : 'The whole object is new.'}
        </Text>
      )}
      {fields.length > 0 && (
        <DataTable heads={['Field', 'Was', 'Becomes']} minWidth={340} fz="xs" ff="monospace">
          {fields.slice(0, MOST).map(({ path, from, to }) => (
            <Table.Tr key={path}>
              <Table.Td className="name">{legible(path, LONGEST)}</Table.Td>
              <Table.Td className="name">{short(from)}</Table.Td>
              <Table.Td className="name">{short(to)}</Table.Td>
            </Table.Tr>
          ))}
        </DataTable>
      )}
      {fields.length > MOST && <Text size="xs">and {fields.length - MOST} more fields</Text>}
    </>
  );
}

function short(value: unknown): string {
  if (value === null || value === undefined) return '';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return legible(text, LONGEST);
}
