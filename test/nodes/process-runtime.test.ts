import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { LogStore } from '../../src/nodes/logs/log-store.ts';
import { readLog } from '../../src/nodes/logs/read-log.ts';
import { probeCapabilities } from '../../src/nodes/runtimes/process/capabilities.ts';
import { machineSecurity } from '../../src/nodes/pods/machine-security.ts';
import { ProcessRuntime } from '../../src/nodes/runtimes/process/process-runtime.ts';
import { processesAmong } from '../../src/nodes/runtimes/process/process-table.ts';
import type { ContainerSpec } from '../../src/nodes/runtimes/runtime.ts';
import { attachSession } from '../../src/nodes/server/attach-session.ts';
import { sandboxSpec, securityOf } from './runtimes/specs.ts';
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
  root: { kind: 'host' },
  sandbox: { spec: sandboxSpec() },
  security: securityOf(),
  stdin: false,
  tty: false,
  ...more,
});
const made = () =>
  new ProcessRuntime({
    root: join(root, 'pods'),
    can,
    available: machineSecurity().available,
    podPids: 1000,
    logs,
    clock: realClock,
  });
const textOf = async (attempt: number, uid = 'u1'): Promise<string> => {
  const chunks: Buffer[] = [];
  const signal = new AbortController().signal;
  for await (const chunk of readLog(logs, logs.path({ ...pod, uid }, 'c', attempt), {}, () => false, signal))
    chunks.push(chunk);
  return Buffer.concat(chunks).toString();
};

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'ku7s-runtime-'));
  logs = new LogStore(join(root, 'logs'), Date.now);
  runtime = made();
});
afterAll(async () => {
  for (const uid of ['u1', 'u2']) await runtime.removePod({ ...pod, uid });
  rmSync(root, { recursive: true, force: true });
});

describe('a container process', () => {
  it('logs both streams and tells its exit code', async () => {
    const container = await runtime.start(spec(0, ['sh', '-c', 'echo out $HELLO; echo err >&2; exit 3']));
    expect(await container.exited).toMatchObject({ exitCode: 3 });
    expect((await textOf(0)).split('\n').sort()).toEqual(['', 'err', 'out world']);
  });

  it('reports a signal as 128 more than its number', async () => {
    const container = await runtime.start(
      spec(1, ['sh', '-c', 'sleep 100 & trap "kill $!; exit 143" TERM; echo listens; wait']),
    );
    await vi.waitFor(async () => expect(await textOf(1)).toContain('listens'));
    container.signal('SIGTERM');
    expect(await container.exited).toMatchObject({ exitCode: 143 });
    // As the first process of its namespace it hears no signal that it has no handler for.
    const deaf = await runtime.start(spec(8, ['sh', '-c', 'sleep 0.2; exit 4']));
    deaf.signal('SIGTERM');
    expect(await deaf.exited).toMatchObject({ exitCode: 4 });
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
    const container = await runtime.start(
      spec(6, command, {
        mounts,
        pod: { ...pod, uid: 'u2' },
        sandbox: { spec: sandboxSpec({ pod: { ...pod, uid: 'u2' }, hostname: 'web-0' }) },
      }),
    );
    expect((await container.exited).exitCode).not.toBe(0);
    expect(await textOf(6, 'u2')).toMatch(/^mountedweb-0\n/);
  });

  it('is adopted by an agent that starts later', async () => {
    const first = await runtime.start(spec(7, ['sh', '-c', 'echo one; sleep 0.3; exit 9']));
    const later = made();
    const adopted = await later.adopt({ pod, name: 'c', attempt: 7 });
    expect(adopted?.pid).toBe(first.pid);
    expect(await adopted!.exited).toMatchObject({ exitCode: 9 });
    await first.exited;
  });

  let variableAttempt = 60;
  // What a pod says of itself goes through programs that run with the agent's rights before it has its own.
  const led = (name: string): string => {
    const folder = mkdtempSync(join(root, 'led-'));
    for (const program of ['mkdir', 'mount', 'sh', 'chroot', 'nsenter', 'hostname', 'mv', 'readlink'])
      writeFileSync(join(folder, program), `#!/bin/sh\nid -u >> ${folder}/ran\n`, { mode: 0o755 });
    writeFileSync(join(folder, 'rc'), `id -u >> ${folder}/ran\n`);
    return join(folder, name);
  };

  it.runIf(can.root && can.rootView)('is led by no variable of the container before it has its rights', async () => {
    const folder = led('');
    const env = {
      PATH: `${folder}:${process.env['PATH']}`,
      ENV: join(folder, 'rc'),
      BASH_ENV: join(folder, 'rc'),
      SHELL: join(folder, 'sh'),
      LD_PRELOAD: join(folder, 'no-such-library.so'),
      IFS: 'x',
    };
    const attempts = [30, 31].map(async (attempt) => {
      const container = await runtime.start(
        spec(attempt, ['/bin/sh', '-c', 'echo "$LD_PRELOAD"; exec /bin/sleep 100'], {
          env,
          security: securityOf({ runAsUser: 4711 }),
          tty: attempt === 31 && can.pty,
        }),
      );
      const session = runtime.exec(container, ['/bin/true'], { tty: attempt === 31 });
      expect(await session.exited).toBe(0);
      container.kill();
      await container.exited;
      // the loader complains once for each program: only where the container's own rights hold
      expect(await textOf(attempt)).toContain('no-such-library.so');
    });
    await Promise.all(attempts);
    expect(existsSync(join(folder, 'ran'))).toBe(false);
  });

  it.each([
    ['values as they are', { GREETING: 'it\'s "$HOME" `id` \\n\n*', EMPTY: '' }],
    ['names that shells use', { n: '1', IFS: '0123', CDPATH: '/', KU7S_OTHER: 'y' }],
    ['many', Object.fromEntries(Array.from({ length: 5000 }, (_, at) => [`VARIABLE_${at}`, `value ${at}`]))],
  ])('has its variables, and what runs beside it too: %s', async (_, variables) => {
    const attempt = ++variableAttempt;
    const env = { PATH: process.env['PATH']!, ...variables };
    const print = [process.execPath, '-e', 'console.log(JSON.stringify(process.env)); setInterval(() => {}, 1000)'];
    const container = await runtime.start(spec(attempt, print, { env }));
    const session = runtime.exec(container, [process.execPath, '-p', 'JSON.stringify(process.env)']);
    let beside = '';
    session.onOutput((_, chunk) => (beside += chunk.toString()));
    expect(await session.exited).toBe(0);
    expect(JSON.parse(beside)).toMatchObject(env);
    expect(Object.keys(JSON.parse(beside) as object).filter((name) => name.startsWith('KU7S_ENV'))).toEqual([]);
    await vi.waitFor(async () => {
      const lines = (await textOf(attempt)).trim();
      expect(JSON.parse(lines)).toMatchObject(env);
    });
    container.kill();
    await container.exited;
  });

  it.runIf(can.root && can.rootView)('runs further commands as its own user, without capabilities', async () => {
    const container = await runtime.start(
      spec(32, ['sleep', '100'], { security: securityOf({ runAsUser: 4711, runAsGroup: 4712 }) }),
    );
    for (const tty of [false, can.pty]) {
      const session = runtime.exec(
        container,
        ['sh', '-c', 'echo "$(id -u):$(id -g) $(grep CapEff /proc/self/status)"'],
        { tty },
      );
      let out = '';
      session.onOutput((_, chunk) => (out += chunk.toString()));
      expect(await session.exited).toBe(0);
      expect(out.trim()).toBe('4711:4712 CapEff:\t0000000000000000');
    }
    container.kill();
    await container.exited;
  });

  it.runIf(can.rootView)('sees the top directories with the modes that they have', async () => {
    const container = await runtime.start(spec(33, ['sh', '-c', 'stat -c "%a %n" /tmp /root /etc']));
    expect(await container.exited).toMatchObject({ exitCode: 0 });
    const modes = ['/tmp', '/root', '/etc'].map((path) => `${(statSync(path).mode & 0o7777).toString(8)} ${path}`);
    expect(await textOf(33)).toBe(`${modes.join('\n')}\n`);
  });

  it.runIf(can.rootView).each([
    ['of its own', {}],
    ['of its pod', { shareProcessNamespace: true }],
    ['of the host', { hostPID: true }],
  ])('takes with it what has left its session, with PIDs %s', async (_, shared) => {
    const uid = `pids-${Object.keys(shared).join('')}`;
    const sandbox = await runtime.startPod(sandboxSpec({ pod: { ...pod, uid }, ...shared }));
    // the stray holds the pipe open for as long as it lives
    const command = 'trap : TERM; env -i setsid sleep 1000 & echo begun; wait; exit 5';
    const endings = ['kill', 'end'].map(async (how, attempt) => {
      const first = join(root, 'pods', uid, 'containers', 'c', String(attempt), 'pid');
      const container = await runtime.start(spec(attempt, ['sh', '-c', command], { pod: { ...pod, uid }, sandbox }));
      await vi.waitFor(async () => expect(await textOf(attempt, uid)).toContain('begun'), { timeout: 10_000 });
      const namespace = `/proc/${readFileSync(first, 'utf8').split(' ')[0]}/ns/mnt`;
      // as long as it is held, no other has its name
      const held = openSync(namespace, 'r');
      const mounts = readlinkSync(namespace);
      if (how === 'kill') container.kill();
      else container.signal('SIGTERM');
      expect(await container.exited).toMatchObject({ exitCode: how === 'kill' ? 137 : 5 });
      await vi.waitFor(() => expect(processesAmong(mounts)).toEqual([]));
      closeSync(held);
    });
    await Promise.all(endings);
    await runtime.removePod({ ...pod, uid });
  });

  describe.runIf(can.rootView)('finds the parts of its volumes', () => {
    let attempt = 40;
    const show = async (mounts: ContainerSpec['mounts'], command: string) => {
      attempt++;
      const container = await runtime.start(spec(attempt, ['sh', '-c', command], { mounts }));
      const exit = await container.exited;
      return { ...exit, out: await textOf(attempt) };
    };
    const volumeAndOutside = () => {
      const folder = mkdtempSync(join(root, 'volume-'));
      const [volume, outside] = ['volume', 'outside'].map((name) => join(folder, name)) as [string, string];
      mkdirSync(join(volume, 'sub'), { recursive: true });
      mkdirSync(outside);
      writeFileSync(join(volume, 'sub', 'file'), 'inside');
      writeFileSync(join(outside, 'file'), 'outside');
      symlinkSync(outside, join(volume, 'out'));
      symlinkSync('../outside', join(volume, 'near'));
      symlinkSync('sub', join(volume, 'in'));
      symlinkSync(join(outside, 'file'), join(volume, 'out-file'));
      return { volume, outside };
    };
    const mount = (source: string, subPath: string, target = '/shown') => ({
      source,
      subPath,
      target,
      readOnly: false,
    });

    it.each([
      ['sub', '/shown/file', 'inside'],
      ['sub/file', '/shown', 'inside'],
      ['in', '/shown/file', 'inside'],
      ['./in//file', '/shown', 'inside'],
    ])('%s', async (subPath, file, text) => {
      const { volume } = volumeAndOutside();
      expect((await show([mount(volume, subPath)], `cat ${file}`)).out).toBe(text);
    });

    it('makes one that is missing', async () => {
      const { volume } = volumeAndOutside();
      expect(await show([mount(volume, 'in/a/b')], 'echo x > /shown/c')).toMatchObject({ exitCode: 0 });
      expect(readFileSync(join(volume, 'sub/a/b/c'), 'utf8')).toBe('x\n');
    });

    it.each(['out', 'near', 'out-file', 'out/made', 'near/made', '../outside', 'in/../../outside/made'])(
      'and not what lies elsewhere: %s',
      async (subPath) => {
        const { volume, outside } = volumeAndOutside();
        const { exitCode, out } = await show([mount(volume, subPath)], 'cat /shown /shown/file');
        expect(exitCode).not.toBe(0);
        expect(out).not.toContain('outside');
        expect(readdirSync(outside)).toEqual(['file']);
      },
    );

    it('and mounts them in its own view, wherever links lead', async () => {
      const { volume, outside } = volumeAndOutside();
      const other = mkdtempSync(join(root, 'other-'));
      writeFileSync(join(other, 'mine'), 'mine');
      const far = '../'.repeat(40);
      const mounts = [
        { source: volume, target: '/v', readOnly: false },
        { source: other, target: '/v/out/made', readOnly: false },
        { source: join(other, 'mine'), target: `/${far}${outside}/made-file`, readOnly: false, file: true },
        { source: other, target: '/var/run/ku7s-made', readOnly: false },
      ];
      const { out } = await show(mounts, 'cat /v/out/made/mine /var/run/ku7s-made/mine');
      expect(out).toBe('minemine');
      expect(readdirSync(outside)).toEqual(['file']);
      expect(existsSync('/var/run/ku7s-made')).toBe(false);
    });
  });
});
