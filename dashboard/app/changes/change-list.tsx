import { PageLink } from '../shared/page-link.tsx';
import { Accordion, Button, Group, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import { useSearch } from '@tanstack/react-router';
import { useCluster } from '../server/kinds.tsx';
import { ask } from '../server/query.ts';
import { objectPath } from '../server/objects.ts';
import { useRights } from '../server/use-rights.ts';
import { legible } from '../shared/legible.ts';
import { Age } from '../shared/age.tsx';
import { Problem } from '../shared/problem.tsx';
import { Status, type Tone } from '../shared/status.tsx';
import { useNamespaceOf } from '../shared/use-namespaces.ts';
import type { Change } from './change.ts';
import { FieldChanges } from './field-changes.tsx';

/** Said where there are others, which are not shown. */
export const ONLY_STATUS = 'The latest changes only tell how things do.';

const UNDO = /* GraphQL */ `
  mutation Undo($changeSet: String!, $dryRun: Boolean) {
    undo(changeSet: $changeSet, dryRun: $dryRun) {
      done
      steps {
        verb
        resource
        name
      }
      refusals {
        resource
        name
        reason
        paths
      }
    }
  }
`;
interface Undone {
  undo: {
    done: boolean;
    steps: readonly { verb: string; resource: string; name: string }[];
    refusals: readonly { resource: string; name: string; reason: string; paths: readonly string[] | null }[];
  } | null;
}

const TONES: Readonly<Record<string, Tone>> = { create: 'well', delete: 'ill' };

/**
 * Changes, each with who, what and the way back.
 * @param named whether they are of several objects
 * @param none said where there is no change
 */
export function ChangeList({
  changes,
  named,
  none = 'Nothing has changed as far back as is remembered.',
}: {
  changes: readonly Change[];
  named: boolean;
  none?: string | undefined;
}) {
  const [open, setOpen] = useState<string | null>(null);
  if (!changes.length) return <Text c="dimmed">{none}</Text>;
  return (
    <Accordion variant="contained" chevronPosition="left" value={open} onChange={setOpen}>
      {changes.map((each) => (
        <Accordion.Item key={`${each.revision}/${each.resource}/${each.name}`} value={each.revision}>
          <Accordion.Control>
            <div className={named ? 'change named' : 'change'}>
              <span>
                <Status word={each.verb} tone={TONES[each.verb] ?? 'plain'} />
              </span>
              {named && (
                <Text size="sm" fw={600} truncate title={nameOf(each)}>
                  {nameOf(each)}
                </Text>
              )}
              <Text size="sm" truncate title={legible(each.user)}>
                {shortUser(each.user)}
              </Text>
              <Text size="sm" c="dimmed" truncate>
                <Age since={each.at} /> ago{each.manager ? `, ${legible(each.manager)}` : ''}
              </Text>
              <Text size="sm" c="dimmed" truncate>
                {pathsOf(each)}
              </Text>
            </div>
          </Accordion.Control>
          <Accordion.Panel>{open === each.revision && <Detail change={each} />}</Accordion.Panel>
        </Accordion.Item>
      ))}
    </Accordion>
  );
}

const nameOf = ({ kind, namespace, name }: Change): string =>
  legible(`${kind} ${namespace ? `${namespace}/` : ''}${name}`);

/** Fields that stand on the line of a change, which has no room for more. */
const MOST_PATHS = 20;
const LONGEST = 300;
const pathsOf = ({ diff }: Change): string =>
  legible(
    (diff ?? [])
      .slice(0, MOST_PATHS)
      .map(({ path }) => path)
      .join(', '),
    LONGEST,
  );

/** A service account by its namespace and name, as its long form leaves no room for anything else. */
const shortUser = (user: string): string => legible(user).replace(/^system:serviceaccount:([^:]+):/, '$1/');

/** The right that takes a change back. */
const BACK: Readonly<Record<string, string>> = { create: 'delete', delete: 'create' };

/** Whether one may take a change back; what was, one only looks at. */
function useMayUndo({ resource, namespace, verb }: Change): boolean {
  const { at } = useSearch({ strict: false });
  const rights = useRights(useCluster().kind(resource), useNamespaceOf(namespace));
  return at === undefined && rights?.has(BACK[verb] ?? 'update') === true;
}

function Detail({ change }: { change: Change }) {
  const mayUndo = useMayUndo(change);
  const [tried, setTried] = useState<Undone['undo']>();
  const [done, setDone] = useState(false);
  const [error, setError] = useState<unknown>();
  const undo = (dryRun: boolean): void => {
    setError(undefined);
    ask<Undone>(UNDO, { changeSet: change.changeSet, dryRun }).then(({ undo: answer }) => {
      setTried(answer);
      setDone(!dryRun && answer?.done === true);
    }, setError);
  };
  const { namespace, name, resource, revision, client, facade, impersonator } = change;
  return (
    <Stack gap="xs">
      <Text size="sm" c="dimmed">
        Revision{' '}
        <PageLink to={objectPath(resource, { namespace, name })} search={{ at: revision }}>
          {revision}
        </PageLink>
        {facade && `, over ${facade}`}
        {client && `, from ${client}`}
        {impersonator && `, by ${legible(impersonator)} in their name`}
      </Text>
      {change.diff === null ? (
        <Text size="sm">You may not see what changed.</Text>
      ) : (
        <FieldChanges diff={change.diff} />
      )}
      <Problem error={error} />
      {tried && tried.refusals.length > 0 && (
        <Problem
          title="It cannot be undone as a whole"
          error={
            new Error(
              tried.refusals
                .map(
                  ({ resource: of, name: who, reason, paths }) =>
                    `${of} ${who}: ${reason}${paths ? ` (${paths.join(', ')})` : ''}`,
                )
                .join('\n'),
            )
          }
        />
      )}
      {tried && !done && tried.refusals.length === 0 && (
        <Text size="sm">
          It would {tried.steps.map(({ verb, resource: of, name: who }) => `${verb} ${of} ${who}`).join(', ')}.
        </Text>
      )}
      {done && <Text role="status">It was undone.</Text>}
      {mayUndo && !done && (
        <Group>
          {tried && tried.refusals.length === 0 ? (
            <Button size="xs" onClick={() => undo(false)}>
              Undo it
            </Button>
          ) : (
            <Button size="xs" variant="default" onClick={() => undo(true)}>
              What would undoing it do?
            </Button>
          )}
        </Group>
      )}
    </Stack>
  );
}
