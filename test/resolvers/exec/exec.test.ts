import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { WebSocket } from 'ws';
import type { Executor } from '../../../src/resolvers/graphql.ts';
import { FakeApi } from '../../support/fake-api.ts';
import { runningPod } from '../logs/kubelet.ts';
import { end, FakeNode, say, succeed } from './fake-node.ts';

let node: FakeNode;
let cluster: FakeApi;

beforeEach(async () => {
  node = await FakeNode.open();
  cluster = await FakeApi.open({ dialer: node.dialer });
  await cluster.give(
    {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name: 'n' },
      status: { addresses: [{ type: 'InternalIP', address: '10.1.2.3' }] },
    },
    { apiVersion: 'v1', kind: 'Node', metadata: { name: 's' } },
    runningPod('p'),
  );
});
afterEach(async () => {
  await cluster.close();
  await node.close();
});

const FIELDS = '{ stdout stderr truncated exitCode status }';
const as = (name?: string): Executor => {
  if (name === undefined) return cluster.graphql.executor;
  const user = { name, groups: ['system:authenticated'] };
  return cluster.graphql.as({
    user,
    agent: 'test',
    warn: () => undefined,
    credential: { recheck: () => Promise.resolve(user) },
  });
};
async function exec(args: string, user?: string, variables?: { stdin: string }): Promise<any> {
  const declared = variables ? '($stdin: String)' : '';
  const query = `mutation ${declared} { execPod(namespace: "a", name: "p", ${args}) ${FIELDS} }`;
  const { data, errors } = JSON.parse(String(await as(user).execute({ query, ...(variables && { variables }) })));
  return errors?.[0] ?? data.execPod;
}

describe('a command in a container', () => {
  it('has its output, its input and its exit code', async () => {
    node.run = ({ path, words, query, socket, input }) =>
      void input.then((text) => {
        say(socket, 1, '');
        say(socket, 1, `${path} ${words.join('|')} ${query.get('input')}${query.get('tty')}\n`);
        say(socket, 2, text.toUpperCase());
        end(socket, {
          status: 'Failure',
          reason: 'NonZeroExitCode',
          message: 'command terminated with non-zero exit code: exit status 3',
          details: { causes: [{ reason: 'ExitCode', message: '3' }] },
        });
      });
    expect(await exec('command: ["a b", "", "&command=x"], stdin: "é in"')).toMatchObject({
      stdout: '/exec/a/p/c a b||&command=x 1null\n',
      stderr: 'É IN',
      truncated: false,
      exitCode: 3,
      status: { reason: 'NonZeroExitCode' },
    });
  });

  it('without input reads none', async () => {
    node.run = ({ query, socket }) => {
      say(socket, 1, [...query.keys()].join());
      succeed(socket);
    };
    expect(await exec('command: "true"')).toMatchObject({ stdout: 'output,error,command', exitCode: 0 });
  });

  it('gets a large input whole, and messages of any size arrive', async () => {
    node.run = ({ socket, input }) =>
      void input.then((text) => {
        for (const size of [1, 124, 125, 126, 65_534, 65_535, 65_536, 200_000]) say(socket, 1, 'x'.repeat(size));
        say(socket, 2, createHash('sha1').update(text).digest('hex'));
        succeed(socket);
      });
    const text = 'abcdefg'.repeat(100_000);
    const found = await exec('command: "x", stdin: $stdin', undefined, { stdin: text });
    expect(found.stderr).toBe(createHash('sha1').update(text).digest('hex'));
    expect(found.stdout).toHaveLength(396_981);
  });

  it('that writes without end is cut, at a whole character, and goes on to its end', async () => {
    node.run = ({ socket }) => {
      say(socket, 2, 'first');
      for (let i = 0; i < 40; i++) say(socket, 1, '€'.repeat(20_000));
      end(socket, { status: 'Success' });
    };
    const found = await exec('command: "yes"');
    expect(found).toMatchObject({ truncated: true, exitCode: 0, stderr: 'first' });
    expect(found.stdout).toBe('€'.repeat(Math.floor((1024 * 1024 - 5) / 3)));
  });

  it('that does not end in time is ended, and what it has written is there', async () => {
    const gone = new Promise((resolve) => {
      node.run = ({ socket }) => {
        say(socket, 1, 'begun');
        socket.once('close', resolve);
      };
    });
    expect(await exec('command: "sleep", timeoutSeconds: 1')).toMatchObject({
      stdout: 'begun',
      exitCode: null,
      status: { reason: 'Timeout', code: 504 },
    });
    await gone;
  });

  it('that could not be started has a Status and no exit code', async () => {
    node.run = ({ socket }) =>
      end(socket, { status: 'Failure', reason: 'InternalError', message: 'no such program', code: 500 });
    expect(await exec('command: "x"')).toMatchObject({ exitCode: null, status: { message: 'no such program' } });
  });

  it.each([
    ['the connection breaks', (socket: WebSocket) => socket.terminate()],
    ['the node ends it without a word', (socket: WebSocket) => socket.close(1000)],
    ['what it says is no Status', (socket: WebSocket) => (say(socket, 3, 'x'), socket.close(1000))],
  ])('of which nothing is known has no exit code: %s', async (_, breaks) => {
    node.run = ({ socket }) => breaks(socket);
    const found = await exec('command: "x"');
    const { code } = found.extensions ?? found.status;
    expect([code, found.exitCode ?? null]).toEqual([500, null]);
  });
});

describe('what is not run', () => {
  it.each([
    ['command: []', 400, 'at least one word'],
    [`command: ["${'x'.repeat(9000)}"]`, 400, 'characters'],
    ['command: "x", timeoutSeconds: 0', 400, 'timeoutSeconds'],
    ['command: "x", timeoutSeconds: 56', 400, 'timeoutSeconds'],
    ['command: "x", container: "none"', 400, 'container none is not valid for pod p'],
  ])('is refused: %s', async (args, code, words) => {
    const { extensions, message } = await exec(args);
    expect([extensions.code, message]).toEqual([code, expect.stringContaining(words)]);
  });

  it.each([
    [400, 'BadRequest'],
    [403, 'Forbidden'],
    [404, 'NotFound'],
    [500, 'InternalError'],
  ])('what the node answers in place of a stream is the error: %i', async (code, reason) => {
    node.refuse = { code, text: 'container not found ("c")' };
    const { extensions, message } = await exec('command: "x"');
    expect([extensions.code, extensions.reason]).toEqual([code, reason]);
    expect(message).toContain('container not found');
  });

  it('a pod whose node has not said where it listens runs nothing', async () => {
    const pod = runningPod('q');
    await cluster.give({ ...pod, spec: { ...(pod['spec'] as object), nodeName: 's' } });
    const query = `mutation { execPod(namespace: "a", name: "q", command: "x") ${FIELDS} }`;
    const { errors } = JSON.parse(String(await as().execute({ query })));
    expect(errors[0]).toMatchObject({
      message: expect.stringContaining('no preferred addresses'),
      extensions: { code: 500 },
    });
  });

  it.each([
    [[], 403],
    [['get'], 403],
    [['create'], 403],
    [['get', 'create'], 200],
  ])('needs the rights to get and to create pods/exec: %j', async (verbs, code) => {
    const apiVersion = 'rbac.authorization.k8s.io/v1';
    const metadata = { namespace: 'a', name: 'u' };
    const rules = verbs.length ? [{ apiGroups: [''], resources: ['pods/exec'], verbs }] : [];
    await cluster.give(
      { apiVersion, kind: 'Role', metadata, rules },
      {
        apiVersion,
        kind: 'RoleBinding',
        metadata,
        subjects: [{ kind: 'User', name: 'u', apiGroup: 'rbac.authorization.k8s.io' }],
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'u' },
      },
    );
    let ran = false;
    node.run = ({ socket }) => {
      ran = true;
      succeed(socket);
    };
    const found = await exec('command: "x"', 'u');
    expect([found.extensions?.code ?? 200, ran]).toEqual([code, code === 200]);
  });

  it('who loses the right loses the command', async () => {
    const apiVersion = 'rbac.authorization.k8s.io/v1';
    const metadata = { namespace: 'a', name: 'u' };
    await cluster.give(
      { apiVersion, kind: 'Role', metadata, rules: [{ apiGroups: [''], resources: ['pods/exec'], verbs: ['*'] }] },
      {
        apiVersion,
        kind: 'RoleBinding',
        metadata,
        subjects: [{ kind: 'User', name: 'u', apiGroup: 'rbac.authorization.k8s.io' }],
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'u' },
      },
    );
    const begun = new Promise<void>((resolve) => (node.run = () => resolve()));
    const running = exec('command: "sleep"', 'u');
    await begun;
    await cluster.client.delete('rolebindings.rbac.authorization.k8s.io', 'a', 'u');
    await cluster.clock.advance(60_000);
    expect((await running).extensions.code).toBe(403);
  });

  it('there are not more than eight of one user at once', async () => {
    let running = 0;
    const open: WebSocket[] = [];
    const full = new Promise<void>((resolve) => {
      node.run = ({ socket }) => {
        open.push(socket);
        if (++running === 8) resolve();
      };
    });
    const all = Array.from({ length: 8 }, () => exec('command: "x"'));
    await full;
    expect((await exec('command: "x"')).extensions.code).toBe(429);
    for (const socket of open) succeed(socket);
    for (const { exitCode } of await Promise.all(all)) expect(exitCode).toBe(0);
    node.run = ({ socket }) => succeed(socket);
    expect((await exec('command: "x"')).exitCode).toBe(0);
  });
});
