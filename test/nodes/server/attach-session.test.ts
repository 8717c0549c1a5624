import { expect, it } from 'vitest';
import type { RunningContainer } from '../../../src/nodes/runtimes/runtime.ts';
import { attachSession } from '../../../src/nodes/server/attach-session.ts';

/** A container that runs, and what was done to its stdin. */
function container() {
  const journal: string[] = [];
  const running = {
    live: true,
    exited: Promise.resolve({ exitCode: 3, finishedAt: 0 }),
    onEnd: () => undefined,
    onOutput: () => () => undefined,
    openStdin: () => ({
      write: (chunk: Buffer) => journal.push(`write ${chunk.toString()}`) > 0,
      onDrain: () => undefined,
      end: (last: boolean) => void journal.push(last ? 'close its stdin' : 'leave'),
    }),
  };
  return { journal, running: running as unknown as RunningContainer };
}

it.each([
  ['the end of what is sent', true, 'close its stdin'],
  ['the end of what is sent', false, 'leave'],
])('%s with Container.stdinOnce (EphemeralContainer.stdinOnce) %s: %s', (_, stdinOnce, done) => {
  const { journal, running } = container();
  const session = attachSession(running, true, stdinOnce);
  session.write(Buffer.from('a'));
  session.endInput();
  expect(journal).toEqual(['write a', done]);
});

it.each([
  ['a client that goes', true, 'close its stdin'],
  ['a client that goes', false, 'leave'],
])('%s with stdinOnce %s: %s', (_, stdinOnce, done) => {
  const { journal, running } = container();
  attachSession(running, true, stdinOnce).kill();
  expect(journal).toEqual([done]);
});

it('a container that has ended has no session', () => {
  const { running } = container();
  expect(() => attachSession({ ...running, live: false } as RunningContainer, true, true)).toThrow('CONTAINER_EXITED');
});
