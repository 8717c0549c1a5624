import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LogStore } from '../../src/nodes/logs/log-store.ts';
import { readLog } from '../../src/nodes/logs/read-log.ts';
import { probeCapabilities } from '../../src/nodes/runtimes/process/capabilities.ts';
import { ProcessRuntime } from '../../src/nodes/runtimes/process/process-runtime.ts';
import type { ContainerSpec } from '../../src/nodes/runtimes/runtime.ts';
import { attachSession } from '../../src/nodes/server/attach-session.ts';
import { realClock } from './support.ts';

let root: string;
let runtime: ProcessRuntime;
let logs: LogStore;
const can = probeCapabilities(tmpdir());
const pod = { namespace: 'default', name: 'p', uid: 'u1' };
const spec = (attempt: number, command: string[], more: Partial<ContainerSpec> = {}): ContainerSpec => ({
  pod,
  name: 'c',
  attempt,
  command,
  env: { PATH: process.env['PATH']!, HELLO: 'world' },
  mounts: [],
  hostname: 'p',
  stdin: false,
  tty: false,
  ...more,
});
const textOf = async (attempt: number): Promise<string> => {
  const chunks: Buffer[] = [];
  const signal = new AbortController().signal;
  for await (const chunk of readLog(logs, logs.path(pod, 'c', attempt), {}, () => false, signal)) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
};

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'ku7s-runtime-'));
  logs = new LogStore(join(root, 'logs'), Date.now);
  runtime = new ProcessRuntime(join(root, 'pods'), can, logs, realClock);
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

describe('a container process', () => {
  it('logs both streams and tells its exit code', async () => {
    const container = await runtime.start(spec(0, ['sh', '-c', 'echo out $HELLO; echo err >&2; exit 3']));
    expect(await container.exited).toMatchObject({ exitCode: 3 });
    expect((await textOf(0)).split('\n').sort()).toEqual(['', 'err', 'out world']);
  });

  it('reports a signal as 128 more than its number', async () => {
    const container = await runtime.start(spec(1, ['sleep', '100']));
    container.signal('SIGTERM');
    expect(await container.exited).toMatchObject({ exitCode: 143 });
    const other = await runtime.start(
      spec(2, ['sh', '-c', 'trap "" TERM; setsid sleep 100 & while :; do sleep 1; done']),
    );
    other.kill();
    expect(await other.exited).toMatchObject({ exitCode: 137 });
  });

  it('is attached to until it ends, without its exit code, and not after', async () => {
    const container = await runtime.start(spec(20, ['sh', '-c', 'read x; echo "got $x"; exit 3'], { stdin: true }));
    const session = attachSession(container, true, true);
    let out = '';
    session.onOutput((_, chunk) => (out += chunk.toString()));
    session.write(Buffer.from('line\n'));
    expect(await session.exited).toBe(0);
    expect(out).toBe('got line\n');
    expect(() => attachSession(container, false, false)).toThrow('CONTAINER_EXITED');
  });

  it('says why a command could not be started', async () => {
    const container = await runtime.start(spec(3, ['no-such-program']));
    expect(await container.exited).toMatchObject({
      exitCode: 128,
      startError: expect.stringContaining('"no-such-program": executable file not found in $PATH'),
    });
  });

  it('runs further commands beside it, with their exit codes', async () => {
    const container = await runtime.start(spec(4, ['sleep', '100']));
    const session = runtime.exec(container, ['sh', '-c', 'read x; echo "got $x $HELLO"; exit 7'], { stdin: true });
    const out: string[] = [];
    session.onOutput((stream, chunk) => out.push(`${stream}: ${chunk}`));
    session.write(Buffer.from('line\n'));
    expect(await session.exited).toBe(7);
    expect(out.join('')).toBe('stdout: got line world\n');
    container.kill();
    await container.exited;
  });

  it.runIf(can.pty)('gives a terminal of the wanted size', async () => {
    const container = await runtime.start(spec(5, ['sleep', '100']));
    const session = runtime.exec(container, ['sh', '-c', 'until stty size | grep "33 99"; do sleep 0.05; done'], {
      tty: true,
      stdin: true,
    });
    let out = '';
    session.onOutput((_, chunk) => (out += chunk.toString()));
    session.resize(99, 33);
    expect(await session.exited).toBe(0);
    expect(out).toContain('33 99');
    container.kill();
    await container.exited;
  });

  it.runIf(can.rootView)('sees its mounts, its host name, and files of its own', async () => {
    const source = join(root, 'config.txt');
    writeFileSync(source, 'mounted');
    const mounts = [{ source, target: '/etc/new/place/config.txt', readOnly: true, file: true }];
    const command = [
      'sh',
      '-c',
      'cat /etc/new/place/config.txt; hostname; echo mine > /etc/ku7s-own; echo x > /etc/new/place/config.txt',
    ];
    const container = await runtime.start(spec(6, command, { mounts, hostname: 'web-0' }));
    expect((await container.exited).exitCode).not.toBe(0);
    expect(await textOf(6)).toMatch(/^mountedweb-0\n/);
  });

  it('is adopted by an agent that starts later', async () => {
    const first = await runtime.start(spec(7, ['sh', '-c', 'echo one; sleep 0.3; exit 9']));
    const later = new ProcessRuntime(join(root, 'pods'), can, logs, realClock);
    const adopted = later.adopt({ pod, name: 'c', attempt: 7 });
    expect(adopted?.pid).toBe(first.pid);
    expect(await adopted!.exited).toMatchObject({ exitCode: 9 });
    await first.exited;
  });
});
