import { Button, Group, NativeSelect, Stack, Text, TextInput } from '@mantine/core';
import { useState, type FormEvent } from 'react';
import type { Place } from '../kinds/facet.ts';
import { ask } from '../server/query.ts';
import { Problem } from '../shared/problem.tsx';

const EXEC = /* GraphQL */ `
  mutation Exec($namespace: String!, $name: String!, $container: String, $command: [String!]!) {
    execPod(namespace: $namespace, name: $name, container: $container, command: $command, timeoutSeconds: 30) {
      stdout
      stderr
      exitCode
      truncated
    }
  }
`;

interface Ran {
  command: string;
  stdout: string;
  stderr: string;
  exitCode: number | null;
  truncated: boolean;
}

/** Commands that are run in a container once, by its shell, each with its output. */
export function RunTab({ place, containers }: { place: Place; containers: readonly string[] }) {
  const [command, setCommand] = useState('');
  const [container, setContainer] = useState(containers[0] ?? '');
  const [ran, setRan] = useState<readonly Ran[]>([]);
  const [error, setError] = useState<unknown>();
  const [busy, setBusy] = useState(false);
  const run = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    setBusy(true);
    setError(undefined);
    try {
      const { execPod } = await ask<{ execPod: Omit<Ran, 'command'> }>(EXEC, {
        ...place,
        container,
        command: ['sh', '-c', command],
      });
      setRan((before) => [{ command, ...execPod }, ...before].slice(0, 50));
    } catch (reason) {
      setError(reason);
    } finally {
      setBusy(false);
    }
  };
  return (
    <Stack>
      <form onSubmit={(event) => void run(event)}>
        <Group align="flex-end">
          <TextInput
            flex={1}
            label="Command"
            description="run by sh in the container, for 30 s at most"
            ff="monospace"
            value={command}
            onChange={(event) => setCommand(event.currentTarget.value)}
          />
          {containers.length > 1 && (
            <NativeSelect
              label="Container"
              data={[...containers]}
              value={container}
              onChange={(event) => setContainer(event.currentTarget.value)}
            />
          )}
          <Button type="submit" loading={busy} disabled={!command.trim()}>
            Run
          </Button>
        </Group>
      </form>
      <Problem error={error} />
      {ran.map(({ command: was, stdout, stderr, exitCode, truncated }, place_) => (
        <section key={ran.length - place_} aria-label={was}>
          <Text size="sm" ff="monospace" fw={600}>
            $ {was}
          </Text>
          <pre className="output">
            {stdout}
            {stderr}
          </pre>
          <Text size="xs" c="dimmed">
            {exitCode === null ? 'it did not end in time' : `ended with ${exitCode}`}
            {truncated && ', and there was more'}
          </Text>
        </section>
      ))}
    </Stack>
  );
}
