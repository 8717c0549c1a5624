import { Button, Group, Progress, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useState } from 'react';
import type { Action, Given } from '../kinds/facet.ts';
import type { Kind } from '../server/kind.ts';
import type { Row } from '../server/objects.ts';
import type { Rights } from '../server/rights.ts';
import { ActionDialog } from '../object/action-dialog.tsx';
import { DeleteDialog } from '../object/delete-dialog.tsx';
import { labelAction } from '../object/label-action.ts';
import { oneByOne, type Progress as Steps } from '../server/one-by-one.ts';
import { Problem } from '../shared/problem.tsx';

interface Props {
  kind: Kind;
  rows: readonly Row[];
  rights: Rights;
  actions: readonly Action[];
  onDone(): void;
}

interface Running extends Steps {
  label: string;
  /** those that were chosen: the ones that are gone leave the list */
  of: number;
  stop: AbortController;
  /** all are done, or it was stopped */
  ended: boolean;
}

/** What is done with all rows that are chosen, one after the other, with its progress; it can be stopped. */
export function BulkActions({ kind, rows, rights, actions, onDone }: Props) {
  const [running, setRunning] = useState<Running>();
  const [asked, setAsked] = useState<Action>();
  const [deleting, { open, close }] = useDisclosure(false);
  const run = async (action: Action, given: Given): Promise<void> => {
    setAsked(undefined);
    const stop = new AbortController();
    const places = rows.map(({ metadata }) => metadata);
    const about = { label: action.label, of: places.length, stop };
    const steps = await oneByOne(
      places,
      (place) => action.run(place, kind, given),
      (progress) => setRunning({ ...about, ended: false, ...progress }),
      stop.signal,
    );
    if (steps.failed.length || steps.done < places.length) return setRunning({ ...about, ended: true, ...steps });
    setRunning(undefined);
    onDone();
  };
  const offered = [...actions, labelAction].filter(({ needs }) => rights.has(needs));
  return (
    <Group gap="xs" role="toolbar" aria-label="What to do with the chosen rows">
      <Text size="sm">{rows.length} chosen</Text>
      {offered.map((action) => (
        <Button
          key={action.id}
          size="compact-sm"
          variant="default"
          onClick={() => setAsked(action)}
          disabled={running?.ended === false}
        >
          {action.label}
        </Button>
      ))}
      {rights.has('delete') && (
        <Button size="compact-sm" variant="light" color="red" onClick={open}>
          Delete
        </Button>
      )}
      <Button size="compact-sm" variant="subtle" onClick={onDone}>
        Choose none
      </Button>
      {running && (
        <Group gap="xs" flex={1} miw={200} role="status">
          <Text size="sm">
            {running.label}: {running.done} of {running.of}
            {running.ended && running.done < running.of && ', stopped'}
          </Text>
          <Progress flex={1} value={(100 * running.done) / Math.max(1, running.of)} aria-label={running.label} />
          {!running.ended && (
            <Button size="compact-sm" variant="default" onClick={() => running.stop.abort()}>
              Stop
            </Button>
          )}
        </Group>
      )}
      {running && running.failed.length > 0 && (
        <Problem error={new Error(running.failed.join('\n'))} title={`${running.failed.length} did not work`} />
      )}
      {asked && (
        <ActionDialog
          action={asked}
          what={`${rows.length} ${rows.length === 1 ? 'object' : 'objects'}`}
          onRun={(given) => void run(asked, given)}
          onClose={() => setAsked(undefined)}
        />
      )}
      {deleting && (
        <DeleteDialog kind={kind} places={rows.map(({ metadata }) => metadata)} onClose={close} onDone={onDone} />
      )}
    </Group>
  );
}
