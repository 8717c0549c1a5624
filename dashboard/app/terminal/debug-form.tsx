import { Button, Group, Stack, Text, TextInput, Title } from '@mantine/core';
import { useEffect, useState, type FormEvent } from 'react';
import type { Place } from '../kinds/facet.ts';
import { Problem } from '../shared/problem.tsx';
import type { Container } from './containers.ts';
import { debugContainer } from './debug-container.ts';

/** Adds a container with tools to the pod, and tells when it runs. @param target whose processes it sees */
export function DebugForm({
  place,
  target,
  containers,
  onRunning,
}: {
  place: Place;
  target: string;
  containers: readonly Container[];
  onRunning(container: string): void;
}) {
  const [image, setImage] = useState('busybox');
  const [added, setAdded] = useState<string>();
  const [error, setError] = useState<unknown>();
  const state = containers.find(({ name }) => name === added)?.state;
  useEffect(() => {
    if (added === undefined || state !== 'running') return;
    setAdded(undefined);
    onRunning(added);
  }, [added, state]);
  const add = (event: FormEvent): void => {
    event.preventDefault();
    setError(undefined);
    debugContainer(place, { image, target }).then(setAdded, setError);
  };
  return (
    <Stack gap="xs" component="section" aria-label="Debug">
      <Title order={3} size="h5">
        Debug
      </Title>
      <form onSubmit={add}>
        <Group align="flex-end">
          <TextInput
            label="Image with tools"
            description={`a further container, which sees the processes of ${target} and stays until the pod ends`}
            value={image}
            onChange={(event) => setImage(event.currentTarget.value)}
          />
          <Button type="submit" variant="default" disabled={!image.trim() || added !== undefined}>
            Add it
          </Button>
        </Group>
      </form>
      <Problem error={error} />
      {added !== undefined && (
        <Text role="status" size="sm" c="dimmed">
          {added} is being started{state ? `: ${state}` : ''}
        </Text>
      )}
    </Stack>
  );
}
