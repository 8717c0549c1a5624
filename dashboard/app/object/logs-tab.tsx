import { Button, Checkbox, Group, Stack, Text, TextInput } from '@mantine/core';
import { useEffect, useMemo, useRef, useState } from 'react';
import type { Place } from '../kinds/facet.ts';
import { useSubscription } from '../server/use-subscription.ts';
import { Problem } from '../shared/problem.tsx';
import { withMore, type LogLine, type SentLine } from './log-lines.ts';

/** Lines that come at first of each container. */
const TAIL = 200;

const reduce = (
  before: readonly LogLine[] | undefined,
  { lines }: { lines: readonly SentLine[] | null },
): readonly LogLine[] => withMore(before, lines ?? []);

/** What the containers of a pod, or of all pods of a workload, write. @param field the subscription: `podLogs` */
export function LogsTab({ field, place }: { field: string; place: Place }) {
  const query = useMemo(
    () => `subscription Logs($namespace: String!, $name: String!) {
      lines: ${field}(namespace: $namespace, name: $name, tail: ${TAIL}) { time pod container text }
    }`,
    [field],
  );
  const { state: lines = [], error, ended } = useSubscription(query, { ...place }, reduce);
  const [word, setWord] = useState('');
  const [follow, setFollow] = useState(true);
  const [times, setTimes] = useState(false);
  const box = useRef<HTMLDivElement>(null);
  const shown = useMemo(() => {
    const wanted = word.toLowerCase();
    return wanted
      ? lines.filter(({ text, pod }) => text.toLowerCase().includes(wanted) || pod.includes(wanted))
      : lines;
  }, [lines, word]);
  const several = new Set(lines.map(({ pod, container }) => `${pod}/${container}`)).size > 1;
  useEffect(() => {
    if (follow && box.current) box.current.scrollTop = box.current.scrollHeight;
  }, [shown, follow]);
  const download = (): void => {
    const blob = new Blob([shown.map(({ time, pod, text }) => `${time ?? ''} ${pod} ${text}\n`).join('')], {
      type: 'text/plain',
    });
    const link = Object.assign(document.createElement('a'), {
      href: URL.createObjectURL(blob),
      download: `${place.name}.log`,
    });
    link.click();
    URL.revokeObjectURL(link.href);
  };
  return (
    <Stack gap="xs">
      <Group>
        <TextInput
          size="xs"
          flex={1}
          aria-label="Find in the lines"
          placeholder="Find in the lines"
          value={word}
          onChange={(event) => setWord(event.currentTarget.value)}
        />
        <Checkbox
          size="xs"
          label="Follow"
          checked={follow}
          onChange={(event) => setFollow(event.currentTarget.checked)}
        />
        <Checkbox size="xs" label="Times" checked={times} onChange={(event) => setTimes(event.currentTarget.checked)} />
        <Button size="xs" variant="default" onClick={download}>
          Download
        </Button>
      </Group>
      <Problem error={error} />
      <div
        ref={box}
        className="log"
        role="log"
        aria-label="Lines"
        tabIndex={0}
        onWheel={(event) => event.deltaY < 0 && setFollow(false)}
      >
        {shown.map(({ id, time, pod, container, text }) => (
          <div key={id}>
            {times && time && (
              <Text span c="dimmed" ff="monospace" fz={12}>
                {time}{' '}
              </Text>
            )}
            {several && (
              <Text span c="indigo" ff="monospace" fz={12}>
                {pod}/{container}{' '}
              </Text>
            )}
            <bdi>{text}</bdi>
          </div>
        ))}
      </div>
      <Text size="xs" c="dimmed" role="status">
        {shown.length} lines{word && ` of ${lines.length}`}
        {ended && ', and no more will come'}
      </Text>
    </Stack>
  );
}
