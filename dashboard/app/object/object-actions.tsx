import { Button, Group } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useState } from 'react';
import { facetOf } from '../kinds/all.ts';
import type { Action, Given, Place } from '../kinds/facet.ts';
import type { Kind } from '../server/kind.ts';
import type { Rights } from '../server/rights.ts';
import { useGo } from '../shared/page-link.tsx';
import { ActionDialog } from './action-dialog.tsx';
import { DeleteDialog } from './delete-dialog.tsx';
import { DrainDialog } from './drain-dialog.tsx';
import { labelAction } from './label-action.ts';
import type { WholeObject } from './use-object.ts';

/** The buttons of an object: those that its user may press. */
export function ObjectActions({
  kind,
  place,
  object,
  rights,
}: {
  kind: Kind;
  place: Place;
  object: WholeObject;
  rights: Rights;
}) {
  const { actions, drain } = facetOf(kind);
  const [asked, setAsked] = useState<Action>();
  const [error, setError] = useState<unknown>();
  const [deleting, { open, close }] = useDisclosure(false);
  const [draining, { open: beginDrain, close: endDrain }] = useDisclosure(false);
  const go = useGo();
  const ask = (action: Action | undefined): void => {
    setError(undefined);
    setAsked(action);
  };
  const run = (action: Action, given: Given): void => {
    action.run(place, kind, given).then(
      () => ask(undefined),
      (reason: unknown) => setError(reason),
    );
  };
  const replicas = (object.spec as { replicas?: number } | undefined)?.replicas;
  return (
    <Group gap="xs" role="toolbar" aria-label="What to do with it">
      {[...actions, labelAction]
        .filter(({ needs, applies }) => rights.has(needs) && (applies?.(object) ?? true))
        .map((action) => (
          <Button key={action.id} size="xs" variant="default" onClick={() => ask(action)}>
            {action.label}
          </Button>
        ))}
      {drain && rights.has('patch') && (
        <Button size="xs" variant="default" onClick={beginDrain}>
          Drain
        </Button>
      )}
      {rights.has('delete') && (
        <Button size="xs" variant="light" color="red" onClick={open}>
          Delete
        </Button>
      )}
      {asked && (
        <ActionDialog
          action={asked}
          what={place.name}
          {...(replicas !== undefined && { usual: replicas })}
          error={error}
          onRun={(given) => run(asked, given)}
          onClose={() => ask(undefined)}
        />
      )}
      {deleting && (
        <DeleteDialog kind={kind} places={[place]} onClose={close} onDone={() => go(`/kinds/${kind.resource}`)} />
      )}
      {draining && <DrainDialog name={place.name} onClose={endDrain} />}
    </Group>
  );
}
