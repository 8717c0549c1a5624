import { Button, FileButton, Group, Stack, Table, Text, Title } from '@mantine/core';
import { useSearch } from '@tanstack/react-router';
import { lazy, Suspense, useState, type DragEvent } from 'react';
import { namespacesIn } from '../search-params.ts';
import { ask } from '../server/query.ts';
import { DataTable } from '../shared/data-table.tsx';
import { Problem } from '../shared/problem.tsx';
import { messageOf } from '../server/errors.ts';
import { filesIn } from './dropped-files.ts';

const CodeEditor = lazy(() => import('../shared/code-editor.tsx').then((loaded) => ({ default: loaded.CodeEditor })));

const APPLY = /* GraphQL */ `
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
        diff {
          path
          op
          from
          to
        }
        error
        warnings
      }
    }
  }
`;

interface Applied {
  refused: boolean;
  firstRevision: string | null;
  lastRevision: string | null;
  objects: readonly {
    action: string | null;
    kind: string;
    namespace: string | null;
    name: string;
    diff: readonly { path: string; op: string; from: unknown; to: unknown }[] | null;
    error: { message?: string; reason?: string } | null;
    warnings: readonly string[];
  }[];
}

/** Objects as YAML, applied together: all of them or none. What would change is shown first. */
export function ApplyPage() {
  const [text, setText] = useState('');
  const [answer, setAnswer] = useState<Applied & { of: string; dryRun: boolean }>();
  const [error, setError] = useState<unknown>();
  const [busy, setBusy] = useState(false);
  const [namespace] = namespacesIn(useSearch({ strict: false }));
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
      setAnswer({ ...applyBundle, of: text, dryRun });
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
      <Suspense fallback={<Text c="dimmed">loading</Text>}>
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
        <Button disabled={!tried || tried.refused || !tried.dryRun} loading={busy} onClick={() => void send(false)}>
          Apply
        </Button>
      </Group>
    </Stack>
  );
}

/** Changed fields of an object that are shown. */
const MAX_CHANGES = 20;

function Outcome({ answer }: { answer: Applied & { dryRun: boolean } }) {
  const { refused, objects, dryRun } = answer;
  return (
    <section aria-label="What becomes of it">
      <Text role="status" fw={600}>
        {refused
          ? 'Nothing is written: some are refused.'
          : dryRun
            ? 'This is what would be written.'
            : 'It is written.'}
      </Text>
      <DataTable heads={['Object', 'Becomes', 'What changes']} minWidth={600}>
        {objects.map(({ kind, namespace, name, action, diff, error, warnings }) => (
          <Table.Tr key={`${kind}/${namespace}/${name}`}>
            <Table.Td>
              {kind} {namespace ? `${namespace}/` : ''}
              {name}
            </Table.Td>
            <Table.Td>{error ? 'refused' : (action ?? '').toLowerCase()}</Table.Td>
            <Table.Td>
              {error && (
                <Text size="sm" className="ill">
                  {error.message}
                </Text>
              )}
              {warnings.map((warning) => (
                <Text key={warning} size="sm" className="waiting">
                  {warning}
                </Text>
              ))}
              {(diff ?? []).slice(0, MAX_CHANGES).map(({ path, from, to }) => (
                <Text key={path} size="xs" {...(path && { ff: 'monospace' })}>
                  {path ? `${path}: ${JSON.stringify(from) ?? ''} → ${JSON.stringify(to) ?? ''}` : 'the whole object'}
                </Text>
              ))}
              {diff && diff.length > MAX_CHANGES && <Text size="xs">and {diff.length - MAX_CHANGES} more</Text>}
            </Table.Td>
          </Table.Tr>
        ))}
      </DataTable>
    </section>
  );
}
