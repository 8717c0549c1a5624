import { Table, Text } from '@mantine/core';
import type { Kind } from '../server/kind.ts';
import { useCluster } from '../server/kinds.tsx';
import { useList } from '../list/use-list.ts';
import { Age } from '../shared/age.tsx';
import { DataTable } from '../shared/data-table.tsx';
import { legible } from '../shared/legible.ts';
import { Problem } from '../shared/problem.tsx';
import { Status } from '../shared/status.tsx';
import { NotFound } from '../shell/not-found.tsx';
import type { WholeObject } from './use-object.ts';

/** What has been noted of an object, newest first. */
export function EventsTab({ object, at, watch }: { object: WholeObject; at: string | undefined; watch: boolean }) {
  const kind = useCluster().kind('events');
  if (!kind) return <NotFound />;
  return <Events {...{ kind, object, at, watch }} />;
}

/** Characters of a text: its YAML has all. */
const LONGEST = 2000;
const FIELDS = 'x0: lastTimestamp x1: eventTime x2: type x3: reason x4: message x5: count x6: reportingComponent';
const NEWEST = [{ metadata: { creationTimestamp: 'DESC' } }];

function Events({
  kind,
  object,
  at,
  watch,
}: {
  kind: Kind;
  object: WholeObject;
  at: string | undefined;
  /** whether one may follow events, not only list them */
  watch: boolean;
}) {
  const { uid, namespace, name } = object.metadata;
  // events of nodes name the node as their uid
  const where = { involvedObject: { kind: { eq: object.kind }, name: { eq: name }, uid: { in: [uid, name] } } };
  const { items, error, loading } = useList(kind, {
    within: { namespaces: [namespace ?? 'default'], watch },
    where,
    orderBy: NEWEST,
    first: 200,
    at,
    extra: FIELDS,
  });
  if (error) return <Problem error={error} />;
  if (!items.length) return <Text c="dimmed">{loading ? 'loading' : 'Nothing has been noted of it lately.'}</Text>;
  return (
    <DataTable heads={['When', 'Type', 'Reason', 'Message', 'From']} minWidth={600}>
      {items.map(({ metadata, x0, x1, x2, x3, x4, x5, x6 }) => (
        <Table.Tr key={metadata.uid}>
          <Table.Td>
            <Age since={(x0 ?? x1 ?? metadata.creationTimestamp) as string} />
            {Number(x5) > 1 && ` ×${String(x5)}`}
          </Table.Td>
          <Table.Td>
            <Status word={String(x2 ?? 'Normal')} />
          </Table.Td>
          {[x3, x4, x6].map((text, place) => (
            <Table.Td key={place} className="name">
              {legible(String(text ?? ''), LONGEST)}
            </Table.Td>
          ))}
        </Table.Tr>
      ))}
    </DataTable>
  );
}
