import { Badge, Group, Stack, Table, Text, Title } from '@mantine/core';
import { facetOf } from '../kinds/all.ts';
import type { Panel } from '../kinds/facet.ts';
import type { Kind } from '../server/kind.ts';
import { Age } from '../shared/age.tsx';
import { DataTable } from '../shared/data-table.tsx';
import { legible } from '../shared/legible.ts';
import { ObjectLink } from '../shared/object-link.tsx';
import { Status } from '../shared/status.tsx';
import { AndMore } from './and-more.tsx';
import { conditionsIn } from './conditions.ts';
import { DataPanel } from './data-panel.tsx';
import { factsOf } from './facts.ts';
import type { WholeObject } from './use-object.ts';

/** The whole object as somebody once applied it, which its YAML and its history tell better. */
const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

/** Characters that are shown of a word, a text that says something, a fact and an annotation: the YAML has all. */
const LONGEST_WORD = 256;
const LONGEST = 2000;
const LONGEST_FACT = 600;
const LONGEST_NOTE = 300;
/** Rows of a table. */
const MOST_ROWS = 200;

/** What one wants to know of an object first. */
export function SummaryTab({ kind, object }: { kind: Kind; object: WholeObject }) {
  const { namespace, labels, annotations, ownerReferences, finalizers, uid, resourceVersion } = object.metadata;
  const facet = facetOf(kind);
  const facts = factsOf(object, facet);
  const conditions = conditionsIn(object.status);
  const notes = Object.entries(annotations ?? {}).filter(([key]) => key !== LAST_APPLIED);
  return (
    <Stack>
      {facts.length > 0 && (
        <dl className="facts">
          {facts.map(([heading, texts]) => (
            <Fact key={heading} heading={legible(heading, LONGEST_WORD)}>
              {factText(texts)}
            </Fact>
          ))}
        </dl>
      )}
      {facet.data && <DataPanel object={object} hidden={facet.data === 'hidden'} />}
      {facet.panels?.map((panel) => (
        <PanelTable key={panel.title} panel={panel} object={object} />
      ))}
      {conditions.length > 0 && (
        <section>
          <Title order={3} size="h5">
            Conditions
          </Title>
          <DataTable heads={['Type', 'Status', 'Since', 'Reason']} minWidth={500}>
            {conditions.map(({ type, status, reason = '', message = '', lastTransitionTime }, place) => (
              <Table.Tr key={place}>
                <Table.Td className="name" miw={120}>
                  {legible(type, LONGEST_WORD)}
                </Table.Td>
                <Table.Td className="name">{legible(status, LONGEST_WORD)}</Table.Td>
                <Table.Td>
                  <Age since={lastTransitionTime} />
                </Table.Td>
                <Table.Td className="name">
                  {legible(reason, LONGEST_WORD)}{' '}
                  <Text span c="dimmed" size="sm">
                    {legible(message, LONGEST)}
                  </Text>
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
                {legible(owner)}{' '}
                <ObjectLink apiVersion={apiVersion} kind={owner} namespace={namespace ?? null} name={name} />
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
                {legible(value, LONGEST_NOTE)}
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

/** A moment as the reader has it; all else as it stands. */
function factText(texts: readonly string[]): string {
  const [first = ''] = texts;
  const time = /^\d{4}-\d\d-\d\dT/.test(first) ? Date.parse(first) : Number.NaN;
  return Number.isNaN(time) ? legible(texts.join(', '), LONGEST_FACT) : new Date(time).toLocaleString();
}

/** A table that the kind adds. */
function PanelTable({ panel: { title, heads, rows }, object }: { panel: Panel; object: WholeObject }) {
  const all = rows(object);
  if (!all.length) return null;
  return (
    <section>
      <Title order={3} size="h5">
        {title}
      </Title>
      <DataTable heads={heads} minWidth={100 * heads.length}>
        {all.slice(0, MOST_ROWS).map((cells, place) => (
          <Table.Tr key={place}>
            {cells.map((cell, column) => (
              <Table.Td key={heads[column]} className="name">
                {legible(cell, LONGEST)}
              </Table.Td>
            ))}
          </Table.Tr>
        ))}
      </DataTable>
      <AndMore all={all.length} shown={MOST_ROWS} />
    </section>
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
