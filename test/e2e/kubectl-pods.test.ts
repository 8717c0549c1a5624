import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { eventually } from './support/cluster.ts';
import { httpClient } from './support/http.ts';
import { kubectlSuite, lines, pod, type Session } from './support/kubectl.ts';

const SERVER = "require('http').createServer((q, s) => s.end('served ' + q.url)).listen(8080)";
const TALKS = {
  terminationGracePeriodSeconds: 1,
  containers: [
    {
      name: 'main',
      image: 'busybox',
      command: ['sh', '-c', 'echo first; echo second; while read l; do echo heard $l; done; sleep 1000'],
      stdin: true,
    },
    { name: 'web', image: 'node:20', command: ['node', '-e', SERVER] },
  ],
};
/** What kubectl tells the API server to use: WebSockets as it does by itself, SPDY as older clients do. */
const TRANSPORTS = [
  ['WebSocket', {}],
  ['SPDY', { KUBECTL_REMOTE_COMMAND_WEBSOCKETS: 'false', KUBECTL_PORT_FORWARD_WEBSOCKETS: 'false' }],
] as const;

/** What kubectl does inside running pods. */
describe('kubectl in pods', () => {
  const suite = kubectlSuite('pods', [], 1);
  let session: Session;
  beforeAll(async () => {
    session = await suite.namespace();
    await session.ok('create -f -', pod('talks', TALKS));
    await session.ok(
      'create -f -',
      pod('crashes', { containers: [{ name: 'main', image: 'busybox', command: ['sh', '-c', 'echo run; exit 3'] }] }),
    );
    await session.ok('wait pod/talks --for=condition=Ready --timeout=110s');
  });

  it('logs: one container or all, from an end or a time, of the run before, followed', async () => {
    const { ns, ok, fails, run } = session;
    await eventually(
      () => ok('logs talks -c main'),
      (text) => text === 'first\nsecond\n',
    );
    expect(await run('logs talks')).toMatchObject({
      stdout: 'first\nsecond\n',
      stderr: 'Defaulted container "main" out of: main, web\n',
    });
    expect(await ok('logs talks -c main --tail=1')).toBe('second\n');
    expect(await ok('logs talks -c main --limit-bytes=3')).toBe('fir');
    expect(await ok('logs talks -c main --since=1h')).toBe('first\nsecond\n');
    expect(await ok('logs talks -c main --since-time=2100-01-01T00:00:00Z')).toBe('');
    expect(await ok('logs talks -c main --timestamps')).toMatch(/^\d{4}-\d\d-\d\dT\S+Z first\n\S+ second\n$/);
    expect(await ok('logs talks --all-containers --prefix')).toContain('[pod/talks/main] first\n');
    expect(await fails('logs talks -c none')).toBe('error: container none is not valid for pod talks\n');
    expect(await fails('logs talks -c main -p')).toBe(
      'Error from server (BadRequest): previous terminated container "main" in pod "talks" not found\n',
    );
    await eventually(
      () => session.field('pod/crashes', '.status.containerStatuses[0].restartCount'),
      (count) => Number(count) >= 1,
    );
    expect(await ok('logs crashes -p')).toBe('run\n');
    await suite.until(['-n', ns, 'logs', '-f', 'talks', '-c', 'main', '--tail=1'], (text) => text.includes('second\n'));
  });

  it.each(TRANSPORTS)('exec, attach and port-forward over %s', async (name, env) => {
    const { ns } = session;
    const at = (...args: string[]) => ['-n', ns, ...args];
    const heard = await suite.until(
      at('attach', '-i', 'talks', '-c', 'main'),
      (text) => text.includes(`heard ${name}\n`),
      undefined,
      { input: `${name}\n`, env },
    );
    expect(heard).not.toContain('first');
    await suite.until(
      at('exec', '-i', 'talks', '-c', 'main', '--', 'sh', '-c', 'read l; echo got $l'),
      (text) => text.includes('got typed\n'),
      undefined,
      { input: 'typed\n', env },
    );
    await suite.until(
      at('port-forward', 'pod/talks', ':8080'),
      (text) => text.includes('-> 8080'),
      async (text) => {
        const port = /127\.0\.0\.1:(\d+)/.exec(text)?.[1];
        expect(
          await fetch(`http://127.0.0.1:${port}/path`, { headers: { connection: 'close' } }).then((r) => r.text()),
        ).toBe('served /path');
      },
      { env },
    );
    let complaint = '';
    await suite.until(
      at('port-forward', 'pod/talks', ':9'),
      (text) => text.includes('-> 9'),
      async (text) => {
        const port = /127\.0\.0\.1:(\d+)/.exec(text)?.[1];
        complaint = await fetch(`http://127.0.0.1:${port}/`).then(
          () => 'answered',
          () => 'refused',
        );
      },
      { env },
    );
    expect(complaint).toBe('refused');
  });

  it('exec ends with the code of the command and keeps its outputs apart', async () => {
    const { run } = session;
    expect(await run("exec talks -c main -- sh -c 'echo out; echo err >&2; exit 4'")).toEqual({
      code: 4,
      stdout: 'out\n',
      stderr: 'err\ncommand terminated with exit code 4\n',
    });
    expect((await run('exec talks -c main -- nothing-of-that-name')).code).not.toBe(0);
    expect((await run('exec none -- true')).stderr).toBe('Error from server (NotFound): pods "none" not found\n');
  });

  it('a command is run once by a mutation, with its input, its outputs and its exit code', async () => {
    const execPod = async (args: string): Promise<unknown> => {
      const place = `namespace: "${session.ns}", name: "talks", container: "main"`;
      const query = `mutation { execPod(${place}, ${args}) { stdout stderr truncated exitCode status } }`;
      const http = httpClient(suite.cluster.kubeconfig);
      const { body } = await http.request('POST', '/graphql', { query }).finally(() => http.close());
      return body.data.execPod;
    };
    expect(await execPod('command: ["sh", "-c", "cat; echo err >&2; exit 4"], stdin: "één\\n"')).toMatchObject({
      stdout: 'één\n',
      stderr: 'err\n',
      truncated: false,
      exitCode: 4,
      status: { reason: 'NonZeroExitCode' },
    });
    expect(await execPod('command: "true"')).toMatchObject({ stdout: '', exitCode: 0, status: { status: 'Success' } });
    const long = 'head -c 3000000 /dev/zero | tr "\\\\0" x';
    expect(await execPod(`command: ["sh", "-c", ${JSON.stringify(long)}]`)).toMatchObject({
      stdout: 'x'.repeat(1024 * 1024),
      truncated: true,
      exitCode: 0,
    });
    expect(await execPod('command: ["sleep", "600"], timeoutSeconds: 1')).toMatchObject({
      exitCode: null,
      status: { reason: 'Timeout' },
    });
    // what did not end in time does not go on
    await eventually(
      () => session.ok("exec talks -c main -- sh -c 'cat /proc/[0-9]*/cmdline'"),
      (text) => !text.includes('sleep\x00600'),
    );
  });

  it('cp takes files and folders both ways', async () => {
    const { ok } = session;
    suite.file('up/a', 'one');
    suite.file('up/deep/b', 'two');
    const at = path.join(suite.folder, 'up');
    await ok(`cp ${at} talks:/tmp/up -c main`);
    expect(await ok('exec talks -c main -- cat /tmp/up/a /tmp/up/deep/b')).toBe('onetwo');
    await ok(`cp talks:/tmp/up ${path.join(suite.folder, 'down')} -c main`);
    expect(readFileSync(path.join(suite.folder, 'down/deep/b'), 'utf8')).toBe('two');
    const much = randomBytes(32 * 1024 * 1024);
    writeFileSync(path.join(suite.folder, 'much'), much);
    await ok(`cp ${path.join(suite.folder, 'much')} talks:/tmp/much -c main`);
    await ok(`cp talks:/tmp/much ${path.join(suite.folder, 'again')} -c main`);
    expect(readFileSync(path.join(suite.folder, 'again')).equals(much)).toBe(true);
  });

  it('run to the end shows the output, ends with the code and leaves no pod', async () => {
    const { ok, run } = session;
    const once = (name: string, script: string, input?: string) =>
      run(`run ${name} --image=busybox --restart=Never --rm -i -q --command -- sh -c '${script}'`, input);
    expect(await once('typed', 'cat', 'typed\n')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('typed\n'),
    });
    const failed = await once('failed', 'read l; exit 3', 'go\n');
    expect(failed.code).toBe(3);
    expect(failed.stderr).toContain('terminated (Error)');
    expect(lines(await ok('get pods -o name'))).toEqual(['pod/crashes', 'pod/talks']);
  });

  it('delete --now and --force do not wait for the grace period', async () => {
    const { ok, run, fails } = session;
    for (const how of ['--now', '--grace-period=0 --force']) {
      await ok(
        'create -f -',
        pod('slow', {
          containers: [{ name: 'c', image: 'busybox', command: ['sleep', '1000'] }],
          terminationGracePeriodSeconds: 600,
        }),
      );
      expect((await run(`delete pod slow ${how}`)).code, how).toBe(0);
      expect(await fails('get pod slow')).toContain('NotFound');
    }
  });
});
