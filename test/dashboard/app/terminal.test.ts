import { afterEach, describe, expect, it, test, vi } from 'vitest';
import { BoundedOutput } from '../../../dashboard/app/terminal/bounded-output.ts';
import { CHANNEL, endOf, messageOf, readMessage, resizeMessage } from '../../../dashboard/app/terminal/channels.ts';
import { commandsOf } from '../../../dashboard/app/terminal/commands.ts';
import { containersOf, portsOf } from '../../../dashboard/app/terminal/containers.ts';
import { pathOf, TerminalSession } from '../../../dashboard/app/terminal/terminal-session.ts';
import type { WholeObject } from '../../../dashboard/app/object/use-object.ts';

const bytes = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));

describe('messages', () => {
  it('begin with their channel', () => {
    const message = messageOf(CHANNEL.stdin, 'lé');
    expect([...message]).toEqual([0, 108, 195, 169]);
    expect(readMessage(message.buffer)).toEqual({ channel: 0, bytes: message.slice(1) });
    expect(new TextDecoder().decode(resizeMessage(80, 24))).toBe('\u0004{"Width":80,"Height":24}');
  });
  it('have none when they are empty', () => expect(readMessage(new ArrayBuffer(0))).toBeUndefined());

  test.each<[unknown, string]>([
    [{ status: 'Success' }, 'It ended.'],
    [
      {
        status: 'Failure',
        reason: 'NonZeroExitCode',
        message: 'command terminated with exit code 3',
        details: { causes: [{ reason: 'ExitCode', message: '3' }] },
      },
      'It ended with exit code 3.',
    ],
    [{ status: 'Failure', message: 'you may no longer' }, 'you may no longer'],
    [{ status: 'Failure' }, 'It failed.'],
  ])('%j tells: %s', (status, words) => expect(endOf(bytes(status))).toBe(words));
  it('tell what is no Status as it is', () => expect(endOf(new TextEncoder().encode('broken'))).toBe('broken'));
});

test.each([
  [
    ['sh', '-c', 'exec bash'],
    '/exec?container=c+d&stdin=true&stdout=true&tty=true&command=sh&command=-c&command=exec+bash',
  ],
  [undefined, '/attach?container=c+d&stdin=true&stdout=true&tty=true'],
])('the path for %j', (command, end) => {
  const path = pathOf({ namespace: 'a', pod: 'b/c', container: 'c d', ...(command && { command }) });
  expect(path).toBe(`/api/v1/namespaces/a/pods/b%2Fc${end}`);
});

describe('a session', () => {
  afterEach(() => void vi.unstubAllGlobals());

  it('is told when it is there what was typed before', () => {
    const sent: string[] = [];
    const socket = {
      readyState: 0,
      onopen: () => undefined as unknown,
      send: (message: Uint8Array) => sent.push(new TextDecoder().decode(message)),
    };
    const made = function (): typeof socket {
      return socket;
    };
    vi.stubGlobal('WebSocket', Object.assign(made, { CONNECTING: 0, OPEN: 1 }));
    vi.stubGlobal('location', { host: 'a', protocol: 'https:' });
    const session = new TerminalSession(
      { namespace: 'a', pod: 'b', container: 'c' },
      { opened: () => session.resize(80, 24), output: () => undefined, ended: () => undefined },
    );
    session.send('l');
    session.send('s');
    expect(sent).toEqual([]);
    socket.readyState = 1;
    socket.onopen();
    session.send('\n');
    expect(sent).toEqual(['\u0004{"Width":80,"Height":24}', '\0ls', '\0\n']);
  });
});

const pod = {
  spec: {
    containers: [
      { name: 'web', ports: [{ containerPort: 80 }, { containerPort: 53, protocol: 'UDP' }] },
      { name: 'log' },
    ],
    initContainers: [{ name: 'first' }],
    ephemeralContainers: [{ name: 'debugger-1' }],
  },
  status: {
    containerStatuses: [
      { name: 'web', state: { running: {} } },
      { name: 'log', state: { waiting: { reason: 'CrashLoopBackOff' } } },
    ],
    initContainerStatuses: [{ name: 'first', state: { terminated: { reason: 'Completed' } } }],
  },
} as unknown as WholeObject;

test('containers by their role, with how they are', () => {
  expect(containersOf(pod).map(({ name, role, state }) => [name, role, state])).toEqual([
    ['web', '', 'running'],
    ['log', '', 'CrashLoopBackOff'],
    ['debugger-1', 'debug', ''],
    ['first', 'init', 'Completed'],
  ]);
  expect(portsOf(pod)).toEqual(['80']);
});

test('commands are good for a shell, whatever the names', () => {
  const commands = commandsOf({ namespace: 'a', name: 'b' }, "it's", ['80', '81']).map(([, command]) => command);
  expect(commands[0]).toBe('kubectl port-forward -n a pod/b 80:80 81:81');
  expect(commands[1]).toBe("kubectl exec -n a -it b -c 'it'\\''s' -- sh");
});

test('what comes faster than it is shown is left out, and told once when the screen has caught up', () => {
  const shown: string[] = [];
  const waiting: (() => void)[] = [];
  const output = new BoundedOutput((some, done) => {
    shown.push(some.length > 100 ? `${some.length}` : new TextDecoder().decode(some));
    waiting.push(done);
  });
  const part = new Uint8Array(400_000);
  for (let i = 0; i < 5; i++) output.take(part);
  expect(shown).toEqual(['400000', '400000']);
  waiting.shift()!();
  output.take(part);
  expect(shown).toHaveLength(2);
  waiting.shift()!();
  const [cancel, said] = [shown[2]?.slice(0, 3), shown[2]?.slice(3)];
  expect(cancel).toBe('\x18\r\n');
  expect(said).toMatch(/^\[1600000 bytes .* left out\]\r\n$/);
  waiting.shift()!();
  output.take(part);
  expect(shown).toHaveLength(4);
});
