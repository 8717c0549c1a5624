import { expect, it } from 'vitest';
import type { ExecSession } from '../../../src/nodes/runtimes/runtime.ts';
import { connectCommand, type CommandChannels } from '../../../src/nodes/streams/command-channels.ts';

const nothing = (): void => undefined;

it('reads no more of a client while the command takes no more', () => {
  const journal: string[] = [];
  let say: (chunk: Buffer) => void = nothing;
  let drain = nothing;
  const channels: CommandChannels = {
    onInput: (listener) => (say = listener),
    pauseInput: () => journal.push('pause'),
    resumeInput: () => journal.push('resume'),
    onResize: nothing,
    onClose: nothing,
    onDrain: nothing,
    write: () => true,
    finish: nothing,
  };
  const session: ExecSession = {
    write: (chunk) => journal.push(chunk.toString()) < 2,
    onInputDrain: (listener) => (drain = listener),
    endInput: nothing,
    resize: nothing,
    onOutput: nothing,
    pause: nothing,
    resume: nothing,
    kill: nothing,
    exited: new Promise(nothing),
  };
  connectCommand(session, channels);
  say(Buffer.from('a'));
  say(Buffer.from('b'));
  drain();
  expect(journal).toEqual(['a', 'b', 'pause', 'resume']);
});
