import { Button, FileButton, Group, Stack, Text, Title } from '@mantine/core';
import { lazy, Suspense, useState, type DragEvent } from 'react';
import { ask } from '../server/query.ts';
import { FIELD_CHANGE } from '../changes/change.ts';
import { usePageTitle } from '../shared/use-page-title.ts';
import { Loading } from '../shared/loading.tsx';
import { part } from '../shared/part.ts';
import { Problem } from '../shared/problem.tsx';
import { messageOf } from '../server/errors.ts';
import { useNamespaces } from '../shared/use-namespaces.ts';
import { filesIn } from './dropped-files.ts';
import { Outcome, type Applied } from './outcome.tsx';

const CodeEditor = lazy(() =>
  part(() => import('../shared/code-editor.tsx')).then((loaded) => ({ default: loaded.CodeEditor })),
);

const APPLY = `
  mutation Apply($manifests: JSON!, $namespace: String, $dryRun: Boolean, $force: Boolean) {
    applyBundle(
      manifests: $manifests
      namespace: $namespace
      dryRun: $dryRun
      force: $force
      fieldManager: "dashboard"
    ) {
      refused
      firstRevision
      lastRevision
      objects {
        action
        kind
        namespace
        name
        diff { ${FIELD_CHANGE} }
        error
        warnings
      }
    }
  }
`;

/** Objects as YAML, applied together: all of them or none. What would change is shown first. */
export function ApplyPage() {
  usePageTitle('Apply');
  const [text, setText] = useState('');
  const [answer, setAnswer] = useState<Applied & { of: string; dryRun: boolean; force: boolean }>();
  const [error, setError] = useState<unknown>();
  const [busy, setBusy] = useState(false);
  const [namespace] = useNamespaces();
  const send = async (dryRun: boolean, force = false): Promise<void> => {
    setBusy(true);
    setError(undefined);
    try {
      const { applyBundle } = await ask<{ applyBundle: Applied }>(APPLY, {
        manifests: text,
        namespace: namespace ?? 'default',
        dryRun,
        force,
      });
      setAnswer({ ...applyBundle, of: text, dryRun, force });
    } catch (reason) {
      setAnswer(undefined);
      setError(reason);
    } finally {
      setBusy(false);
    }
  };
  const add = async (files: readonly File[]): Promise<void> => {
    try {
      const texts = await Promise.all(files.map((file) => file.text()));
      setText((before) => [before, ...texts].filter((each) => each.trim()).join('\n---\n'));
    } catch (reason) {
      setError(new Error(`A file could not be read: ${messageOf(reason)}`));
    }
  };
  const drop = (event: DragEvent): void => {
    event.preventDefault();
    void filesIn(event.dataTransfer.items).then(add, setError);
  };
  const tried = answer?.of === text ? answer : undefined;
  return (
    <Stack onDragOver={(event) => event.preventDefault()} onDrop={drop}>
      <Group justify="space-between">
        <Title order={2} size="h3">
          Apply
        </Title>
        <FileButton multiple accept=".yaml,.yml,.json" onChange={(files) => void add(files)}>
          {(props) => (
            <Button size="xs" variant="default" {...props}>
              Files
            </Button>
          )}
        </FileButton>
      </Group>
      <Text size="sm" c="dimmed">
        Write or paste manifests, or drop files or a folder here. All are applied together, or none of them. Without a
        namespace of their own they go to {namespace ?? 'default'}.
      </Text>
      <Suspense fallback={<Loading />}>
        <CodeEditor label="Manifests" text={text} onChange={setText} />
      </Suspense>
      <Problem error={error} />
      {tried && <Outcome answer={tried} />}
      <Group justify="flex-end">
        <Button variant="default" disabled={!text.trim()} loading={busy} onClick={() => void send(true)}>
          What would it do?
        </Button>
        {tried?.refused && tried.objects.some((each) => each.error?.reason === 'Conflict') && (
          <Button color="yellow" loading={busy} onClick={() => void send(true, true)}>
            Take over the fields that others own
          </Button>
        )}
        <Button
          disabled={!tried || tried.refused || !tried.dryRun}
          loading={busy}
          onClick={() => void send(false, tried?.force)}
        >
          Apply
        </Button>
      </Group>
    </Stack>
  );
}
