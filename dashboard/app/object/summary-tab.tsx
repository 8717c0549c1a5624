import { Badge, Group, Stack, Table, Text, Title } from '@mantine/core';
import { facetOf } from '../kinds/all.ts';
import type { Kind } from '../server/kind.ts';
import { Age } from '../shared/age.tsx';
import { DataTable } from '../shared/data-table.tsx';
import { ObjectLink } from '../shared/object-link.tsx';
import { Status } from '../shared/status.tsx';
import { textsAt } from '../shared/value-at.ts';
import type { WholeObject } from './use-object.ts';

/** The whole object as somebody once applied it, which its YAML and its history tell better. */
const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

/** What one wants to know of an object first. */
export function SummaryTab({ kind, object }: { kind: Kind; object: WholeObject }) {
  const { namespace, labels, annotations, ownerReferences, finalizers, uid, resourceVersion } = object.metadata;
  const { facts = [] } = facetOf(kind);
  const known = facts
    .map(([heading, path]) => [heading, textsAt(object, path)] as const)
    .filter(([, texts]) => texts.length > 0);
  const conditions = object.status?.conditions ?? [];
  const notes = Object.entries(annotations ?? {}).filter(([key]) => key !== LAST_APPLIED);
  return (
    <Stack>
      {known.length > 0 && (
        <dl className="facts">
          {known.map(([heading, texts]) => (
            <Fact key={heading} heading={heading}>
              {/^\d{4}-\d\d-\d\dT/.test(texts[0] ?? '') ? new Date(texts[0] ?? '').toLocaleString() : texts.join(', ')}
            </Fact>
          ))}
        </dl>
      )}
      {conditions.length > 0 && (
        <section>
          <Title order={3} size="h5">
            Conditions
          </Title>
          <DataTable heads={['Type', 'Status', 'Since', 'Reason']} minWidth={500}>
            {conditions.map(({ type, status, reason, message, lastTransitionTime }) => (
              <Table.Tr key={type}>
                <Table.Td>{type}</Table.Td>
                <Table.Td>{status}</Table.Td>
                <Table.Td>
                  <Age since={lastTransitionTime} />
                </Table.Td>
                <Table.Td>
                  {reason}{' '}
                  {message && (
                    <Text span c="dimmed" size="sm">
                      {message}
                    </Text>
                  )}
                </Table.Td>
              </Table.Tr>
            ))}
          </DataTable>
        </section>
      )}
      <dl className="facts">
        {ownerReferences && (
          <Fact heading="Owners">
            {ownerReferences.map(({ apiVersion, kind: owner, name }) => (
              <div key={`${owner}/${name}`}>
                {owner} <ObjectLink apiVersion={apiVersion} kind={owner} namespace={namespace ?? null} name={name} />
              </div>
            ))}
          </Fact>
        )}
        <Fact heading="Labels">{labels ? <Pairs of={labels} /> : 'none'}</Fact>
        <Fact heading="Annotations">
          {notes.length === 0 && 'none'}
          {notes.map(([key, value]) => (
            <div key={key}>
              {key}:{' '}
              <Text span inherit c="dimmed">
                {value.length > 300 ? `${value.slice(0, 300)}…` : value}
              </Text>
            </div>
          ))}
        </Fact>
        {finalizers && <Fact heading="Finalizers">{finalizers.join(', ')}</Fact>}
        <Fact heading="UID">{uid}</Fact>
        <Fact heading="resourceVersion">{resourceVersion}</Fact>
      </dl>
    </Stack>
  );
}

const Fact = ({ heading, children }: { heading: string; children: React.ReactNode }) => (
  <>
    <dt>{heading}</dt>
    <dd>{/^(Phase|Status)$/.test(heading) && typeof children === 'string' ? <Status word={children} /> : children}</dd>
  </>
);

const Pairs = ({ of }: { of: Record<string, string> }) => (
  <Group gap={6}>
    {Object.entries(of).map(([key, value]) => (
      <Badge key={key} variant="default" radius="sm" tt="none" fw={400} maw="100%" title={`${key}=${value}`}>
        {key}={value}
      </Badge>
    ))}
  </Group>
);
