import { Button, Group, Modal, NumberInput, Stack, Text, TextInput } from '@mantine/core';
import { useState } from 'react';
import type { Action, Given } from '../kinds/facet.ts';
import { legible } from '../shared/legible.ts';
import { Problem } from '../shared/problem.tsx';

interface Props {
  action: Action;
  /** `web`, `12 objects` */
  what: string;
  usual?: number;
  error?: unknown;
  onRun(given: Given): void;
  onClose(): void;
}

/** Asks before something is done, and for what has to be known to do it. */
export function ActionDialog({ action, what, usual, error, onRun, onClose }: Props) {
  const [number, setNumber] = useState<number>(usual ?? action.number?.usual ?? 0);
  const [text, setText] = useState('');
  const wrong = action.text?.problem(text);
  return (
    <Modal opened onClose={onClose} title={`${action.label}: ${legible(what)}`} returnFocus>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          onRun({ number, text });
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
          {action.text && (
            <TextInput
              data-autofocus
              label={action.text.label}
              placeholder={action.text.placeholder}
              description={action.text.description}
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
