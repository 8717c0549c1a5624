import { Button, Group, Modal, NumberInput, Stack, Text, TextInput } from '@mantine/core';
import { useState } from 'react';
import type { Action } from '../kinds/facet.ts';
import { Problem } from '../shared/problem.tsx';
import { labelsIn } from './label-action.ts';

interface Props {
  action: Action;
  /** `web`, `12 objects` */
  what: string;
  usual?: number;
  error?: unknown;
  onRun(number: number | undefined, text: string | undefined): void;
  onClose(): void;
}

/** Asks before something is done, and for what has to be known to do it. */
export function ActionDialog({ action, what, usual, error, onRun, onClose }: Props) {
  const [number, setNumber] = useState<number>(usual ?? action.number?.usual ?? 0);
  const [text, setText] = useState('');
  const labels = action.id === 'label';
  const wrong = labels ? problemOf(text) : undefined;
  return (
    <Modal opened onClose={onClose} title={`${action.label}: ${what}`} returnFocus>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          onRun(action.number ? number : undefined, labels ? text : undefined);
        }}
      >
        <Stack>
          {action.warning && <Text>{action.warning}</Text>}
          {action.number && (
            <NumberInput
              data-autofocus
              label={action.number.label}
              value={number}
              min={0}
              allowDecimal={false}
              onChange={(value) => setNumber(Number(value))}
            />
          )}
          {labels && (
            <TextInput
              data-autofocus
              label="Labels"
              placeholder="tier=web old-"
              description="key=value sets one, key- takes it away"
              value={text}
              error={text ? wrong : undefined}
              onChange={(event) => setText(event.currentTarget.value)}
            />
          )}
          <Problem error={error} />
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button type="submit" disabled={wrong !== undefined}>
              {action.label}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}

function problemOf(text: string): string | undefined {
  try {
    return Object.keys(labelsIn(text)).length ? undefined : 'a label';
  } catch (error) {
    return (error as Error).message;
  }
}
