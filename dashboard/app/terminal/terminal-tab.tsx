import { Button, Group, NativeSelect, Stack, Text } from '@mantine/core';
import { lazy, Suspense, useState, type FormEvent } from 'react';
import type { Place } from '../kinds/facet.ts';
import type { WholeObject } from '../object/use-object.ts';
import type { Rights } from '../server/rights.ts';
import { Loading } from '../shared/loading.tsx';
import { part } from '../shared/part.ts';
import { CommandList } from './command-list.tsx';
import { commandsOf } from './commands.ts';
import { containersOf, portsOf, type Container } from './containers.ts';
import { DebugForm } from './debug-form.tsx';
import { mayOpen } from './may-open.ts';
import type { Wanted } from './terminal-session.ts';

const Terminal = lazy(() => part(() => import('./terminal.tsx')).then((loaded) => ({ default: loaded.Terminal })));

/** What can be run in a container; none: what it runs itself is attached to. */
const PROGRAMS: Readonly<Record<string, readonly string[] | undefined>> = {
  'the best shell': ['sh', '-c', 'command -v bash >/dev/null && exec bash; exec sh'],
  sh: ['sh'],
  bash: ['bash'],
  'what it runs (attach)': undefined,
};
const [BEST = ''] = Object.keys(PROGRAMS);
const ATTACH = Object.keys(PROGRAMS).at(-1) ?? '';

/** Terminals in the containers of a pod, containers to debug it, and the commands that do the same elsewhere. */
export default function TerminalTab({ place, object, rights }: { place: Place; object: WholeObject; rights: Rights }) {
  const containers = containersOf(object);
  const programs = Object.entries(PROGRAMS)
    .filter(([, command]) => mayOpen(rights, command ? 'exec' : 'attach'))
    .map(([name]) => name);
  const [chosen, setContainer] = useState(containers[0]?.name ?? '');
  const [program, setProgram] = useState(programs[0] ?? BEST);
  const [wanted, setWanted] = useState<Wanted>();
  const [ended, setEnded] = useState<string>();
  const open = (container: string, command: readonly string[] | undefined): void => {
    setEnded(undefined);
    setWanted({ namespace: place.namespace ?? '', pod: place.name, container, ...(command && { command }) });
  };
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    open(chosen, PROGRAMS[program]);
  };
  const attachTo = (container: string): void => {
    setContainer(container);
    setProgram(ATTACH);
    open(container, undefined);
  };
  return (
    <Stack>
      <form onSubmit={submit}>
        <Group align="flex-end">
          <NativeSelect
            label="Container"
            data={containers.map(optionOf)}
            value={chosen}
            onChange={(event) => setContainer(event.currentTarget.value)}
          />
          <NativeSelect
            label="Program"
            data={programs}
            value={program}
            onChange={(event) => setProgram(event.currentTarget.value)}
          />
          <Button type="submit" disabled={chosen === ''}>
            {wanted ? 'Open anew' : 'Open'}
          </Button>
          {wanted && (
            <Button variant="default" onClick={() => setWanted(undefined)}>
              Close
            </Button>
          )}
        </Group>
      </form>
      {wanted && (
        <div>
          <Suspense fallback={<Loading />}>
            <Terminal label={`Terminal in ${wanted.container}`} wanted={wanted} onEnd={setEnded} />
          </Suspense>
          <Text size="sm" c="dimmed" id="terminal-left" tabIndex={-1} role="status">
            {ended ?? 'All keys go to the container; F6 leaves the terminal.'}
          </Text>
        </div>
      )}
      {rights.has('patch ephemeralcontainers') && mayOpen(rights, 'attach') && (
        <DebugForm place={place} target={chosen} containers={containers} onRunning={attachTo} />
      )}
      <CommandList commands={commandsOf(place, chosen, portsOf(object))} />
    </Stack>
  );
}

const optionOf = ({ name, role, state }: Container): { value: string; label: string } => ({
  value: name,
  label: [name, role, state].filter(Boolean).join(', '),
});
