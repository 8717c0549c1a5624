import { Alert, Button, Group, Popover, Slider, Stack, Text, TextInput } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { useChangeSearch } from '../shared/page-link.tsx';
import { ageOf } from '../shared/age-of.ts';

/** How far back the slider goes, s; further back by a time that is written. The steps are finer the nearer they are. */
const LONGEST = 7 * 86_400;
const STEPS = 1000;
const secondsAgo = (step: number): number => Math.round(LONGEST * ((STEPS - step) / STEPS) ** 3);

function useMoment(): { at: string | undefined; go(at: string | undefined): void } {
  const { at } = useSearch({ strict: false });
  const change = useChangeSearch();
  return { at, go: (moment) => change({ at: moment }) };
}

/** Shows the cluster as it was at a moment. */
export function TimeControl() {
  const { at, go } = useMoment();
  const [open, setOpen] = useState(false);
  const [step, setStep] = useState(STEPS);
  const [text, setText] = useState('');
  const show = useDebouncedCallback((next: number) => {
    go(next === STEPS ? undefined : new Date(Date.now() - secondsAgo(next) * 1000).toISOString());
  }, 120);
  const goTo = (): void => {
    const time = Date.parse(text);
    // a plain number is a resourceVersion
    if (/^\d+$/.test(text)) go(text);
    else if (!Number.isNaN(time)) go(new Date(time).toISOString());
  };
  return (
    <Popover opened={open} onChange={setOpen} width={360} position="bottom-end" trapFocus withArrow>
      <Popover.Target>
        <Button
          size="xs"
          variant={at === undefined ? 'default' : 'filled'}
          color="yellow"
          onClick={() => setOpen(!open)}
        >
          {at === undefined ? 'Now' : 'Then'}
        </Button>
      </Popover.Target>
      <Popover.Dropdown>
        <Stack gap="xs">
          <Text size="sm" fw={600}>
            The cluster as it was
          </Text>
          <Slider
            thumbLabel="The cluster as it was"
            min={0}
            max={STEPS}
            value={step}
            label={(value) => (value === STEPS ? 'now' : `${ageOf(secondsAgo(value) * 1000)} ago`)}
            onChange={(next) => {
              setStep(next);
              show(next);
            }}
          />
          <Group gap="xs" wrap="nowrap">
            <TextInput
              size="xs"
              flex={1}
              aria-label="A time, or a resourceVersion"
              placeholder="2026-01-31 12:00, or a resourceVersion"
              value={text}
              onChange={(event) => setText(event.currentTarget.value)}
              onKeyDown={(event) => event.key === 'Enter' && goTo()}
            />
            <Button size="xs" onClick={goTo}>
              Go there
            </Button>
          </Group>
          <Button
            size="xs"
            variant="default"
            onClick={() => {
              setStep(STEPS);
              go(undefined);
              setOpen(false);
            }}
          >
            Back to now
          </Button>
        </Stack>
      </Popover.Dropdown>
    </Popover>
  );
}

/** Nobody is to take the past for the present. */
export function TimeBanner() {
  const { at, go } = useMoment();
  if (at === undefined) return null;
  const time = Date.parse(at);
  const moment = /^\d+$/.test(at) ? `resourceVersion ${at}` : Number.isNaN(time) ? at : new Date(time).toLocaleString();
  return (
    <Alert role="status" color="yellow" mb="sm" p="xs">
      <Group justify="space-between">
        <Text size="sm">
          This is the cluster as it was at <b>{moment}</b>. Nothing can be changed here.
        </Text>
        <Button size="compact-xs" variant="default" onClick={() => go(undefined)}>
          Back to now
        </Button>
      </Group>
    </Alert>
  );
}
