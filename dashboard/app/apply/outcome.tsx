import { Group, Stack, Text } from '@mantine/core';
import { legible } from '../shared/legible.ts';
import type { FieldChange } from '../changes/change.ts';
import { FieldChanges } from '../changes/field-changes.tsx';
import { Status, type Tone } from '../shared/status.tsx';

/** What became, or would become, of manifests. */
export interface Applied {
  refused: boolean;
  firstRevision: string | null;
  lastRevision: string | null;
  objects: readonly AppliedObject[];
}
interface AppliedObject {
  action: string | null;
  kind: string;
  namespace: string | null;
  name: string;
  diff: readonly FieldChange[] | null;
  error: { message?: string; reason?: string } | null;
  warnings: readonly string[];
}

/** Characters of what the server says of an object. */
const LONGEST = 2000;

const TONES: Readonly<Record<string, Tone>> = { refused: 'ill', created: 'well', configured: 'waiting' };

/** What a bundle does, object by object. */
export function Outcome({ answer: { refused, objects, dryRun } }: { answer: Applied & { dryRun: boolean } }) {
  return (
    <Stack component="section" gap="sm" aria-label="What becomes of it">
      <Text role="status" fw={600}>
        {refused
          ? 'Nothing is written: some are refused.'
          : dryRun
            ? 'This is what would be written.'
            : 'It is written.'}
      </Text>
      {objects.map((object, place) => (
        <ObjectOutcome key={place} object={object} />
      ))}
    </Stack>
  );
}

function ObjectOutcome({
  object: { kind, namespace, name, action, diff, error, warnings },
}: {
  object: AppliedObject;
}) {
  const word = error ? 'refused' : (action ?? '').toLowerCase();
  return (
    <div className="outcome">
      <Group gap="xs">
        <Status word={word} tone={TONES[word] ?? 'plain'} />
        <Text size="sm" fw={600} className="name">
          {kind} {namespace ? `${namespace}/` : ''}
          {legible(name)}
        </Text>
      </Group>
      {error && (
        <Text size="sm" className="ill name">
          {legible(error.message ?? '', LONGEST)}
        </Text>
      )}
      {warnings.map((warning) => (
        <Text key={warning} size="sm" className="waiting name">
          {legible(warning, LONGEST)}
        </Text>
      ))}
      {diff && <FieldChanges diff={diff} />}
    </div>
  );
}
