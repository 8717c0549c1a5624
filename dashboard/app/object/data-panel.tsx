import { Button, Group, Stack, Text, Title } from '@mantine/core';
import { useMemo, useState } from 'react';
import { legible } from '../shared/legible.ts';
import { AndMore } from './and-more.tsx';
import { entriesOf, type Entry } from './entries.ts';
import type { WholeObject } from './use-object.ts';

/** Entries that are shown, characters and lines of a value at first, and characters at most: all of it is in the YAML. */
const MOST = 200;
const BRIEF = 600;
const BRIEF_LINES = 12;
const LONGEST = 100_000;

/** What a ConfigMap or a Secret holds, by its keys. @param hidden a value is shown when somebody asks for it */
export function DataPanel({ object, hidden }: { object: WholeObject; hidden: boolean }) {
  const entries = useMemo(() => entriesOf(object, hidden), [object, hidden]);
  return (
    <section>
      <Title order={3} size="h5" mb={6}>
        Data ({entries.length})
      </Title>
      {entries.length === 0 && (
        <Text c="dimmed" size="sm">
          none
        </Text>
      )}
      <Stack gap="sm">
        {entries.slice(0, MOST).map((entry) => (
          <Value key={entry.key} entry={entry} hidden={hidden} />
        ))}
      </Stack>
      <AndMore all={entries.length} shown={MOST} />
    </section>
  );
}

function Value({ entry: { key, size, text }, hidden }: { entry: Entry; hidden: boolean }) {
  const [isShown, setShown] = useState(!hidden);
  const [isWhole, setWhole] = useState(false);
  const brief = text === undefined ? '' : briefOf(text);
  const isCut = text !== undefined && brief.length < text.length;
  return (
    <div>
      <Group gap="xs">
        <Text size="sm" fw={600} className="name">
          {key}
        </Text>
        <Text size="xs" c="dimmed">
          {text === undefined ? `${size} bytes that are no text` : `${size} bytes`}
        </Text>
        {hidden && text !== undefined && (
          <Button
            size="compact-xs"
            variant="default"
            aria-label={isShown ? `Hide ${key}` : `Show ${key}`}
            onClick={() => setShown(!isShown)}
          >
            {isShown ? 'Hide' : 'Show'}
          </Button>
        )}
        {isShown && isCut && (
          <Button
            size="compact-xs"
            variant="default"
            aria-label={isWhole ? `Less of ${key}` : `All of ${key}`}
            onClick={() => setWhole(!isWhole)}
          >
            {isWhole ? 'Less' : 'All of it'}
          </Button>
        )}
      </Group>
      {isShown && text !== undefined && (
        <pre className="output" tabIndex={0} aria-label={`Value of ${key}`}>
          {isWhole ? legible(text, LONGEST) : `${legible(brief)}${isCut ? '…' : ''}`}
        </pre>
      )}
      {isShown && isWhole && text !== undefined && text.length > LONGEST && (
        <Text size="xs" c="dimmed">
          These are the first {LONGEST} of {text.length} characters: the YAML has all.
        </Text>
      )}
    </div>
  );
}

/** The beginning of a text, as far as it is read at a glance. */
function briefOf(text: string): string {
  const lines = text.slice(0, BRIEF).split('\n');
  return lines.slice(0, BRIEF_LINES).join('\n');
}
