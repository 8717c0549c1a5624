import { Table } from '@mantine/core';
import { DataTable } from '../shared/data-table.tsx';
import { ObjectLink } from '../shared/object-link.tsx';
import type { Graph, Ref } from './graph.ts';

/** The lines of a map as a table. */
export const MapList = ({ graph: { objects, edges } }: { graph: Graph }) => (
  <DataTable heads={['From', 'What it is to it', 'To']} minWidth={520}>
    {edges.map(({ from, to, name }) => (
      <Table.Tr key={`${from}/${to}`}>
        <Table.Td>
          <Named object={objects.get(from)} />
        </Table.Td>
        <Table.Td>{name}</Table.Td>
        <Table.Td>
          <Named object={objects.get(to)} />
        </Table.Td>
      </Table.Tr>
    ))}
  </DataTable>
);

function Named({ object }: { object: Ref | undefined }) {
  if (!object) return null;
  const { apiVersion, kind, metadata } = object;
  return (
    <span className="name">
      {kind} <ObjectLink apiVersion={apiVersion} kind={kind} namespace={metadata.namespace} name={metadata.name} />
    </span>
  );
}
