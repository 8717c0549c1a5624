import { Button, Group, Stack, Text } from '@mantine/core';
import { useEffect, useState } from 'react';
import { parse } from 'yaml';
import type { Place } from '../kinds/facet.ts';
import type { Kind } from '../server/kind.ts';
import { ask } from '../server/query.ts';
import { CodeEditor } from '../shared/code-editor.tsx';
import { CodeDiff } from '../shared/code-diff.tsx';
import { isRounded, toYaml } from '../shared/yaml.ts';
import { Problem } from '../shared/problem.tsx';
import type { Shown } from './use-object.ts';

const UPDATE = /* GraphQL */ `
  mutation Update($resource: String!, $namespace: String, $name: String!, $object: JSON!, $dryRun: Boolean) {
    updateObject(
      resource: $resource
      namespace: $namespace
      name: $name
      object: $object
      dryRun: $dryRun
      managedFields: false
    )
  }
`;

/** The object as text. What is written is tried first: the server's own answer is compared before it is kept. */
export default function YamlTab({
  kind,
  place,
  object,
  writable,
}: {
  kind: Kind;
  place: Place;
  object: Shown;
  writable: boolean;
}) {
  const current = toYaml(withoutManagers(object.raw));
  const [edited, setEdited] = useState<{ text: string; from: string }>();
  const [tried, setTried] = useState<string>();
  const [error, setError] = useState<unknown>();
  const text = edited?.text ?? current;
  useEffect(() => setTried(undefined), [text]);

  const send = async (dryRun: boolean): Promise<void> => {
    setError(undefined);
    try {
      const wanted = parse(text) as unknown;
      if (isRounded(wanted))
        throw new Error('It has an integer beyond 2^53, which a browser cannot hold: use kubectl.');
      const { updateObject } = await ask<{ updateObject: unknown }>(UPDATE, {
        resource: kind.resource,
        ...place,
        object: wanted,
        dryRun,
      });
      if (dryRun) return setTried(toYaml(withoutManagers(updateObject)));
      setEdited(undefined);
      setTried(undefined);
    } catch (reason) {
      setError(reason);
    }
  };
  const overtaken = edited !== undefined && edited.from !== current;
  return (
    <Stack>
      {overtaken && (
        <Text role="status" size="sm" className="waiting">
          It was changed by others since you began: what you see is yours; trying it will say whether they meet.
        </Text>
      )}
      <Problem error={error} />
      {tried === undefined ? (
        <CodeEditor
          label={`YAML of ${place.name}`}
          text={text}
          {...(writable && { onChange: (next: string) => setEdited({ text: next, from: edited?.from ?? current }) })}
        />
      ) : (
        <CodeDiff label="What would change" before={current} after={tried} />
      )}
      {writable && edited && (
        <Group justify="flex-end">
          <Button variant="default" onClick={() => (tried === undefined ? setEdited(undefined) : setTried(undefined))}>
            {tried === undefined ? 'Throw away' : 'Edit further'}
          </Button>
          {tried === undefined ? (
            <Button onClick={() => void send(true)}>Try it</Button>
          ) : (
            <Button onClick={() => void send(false)}>Save</Button>
          )}
        </Group>
      )}
    </Stack>
  );
}

/** Who owns which field is said by the history; as text it is in the way. */
function withoutManagers(object: unknown): unknown {
  const { apiVersion, kind, metadata, ...rest } = object as { metadata: object } & Record<string, unknown>;
  return { apiVersion, kind, metadata: { ...metadata, managedFields: undefined }, ...rest };
}
