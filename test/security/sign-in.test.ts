import { execFile } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { startCluster, type Cluster } from '../e2e/support/cluster.ts';
import { ask, operate } from './support/ask.ts';

const BIN = fileURLToPath(new URL('../../bin/ku7s.js', import.meta.url));
const NOBODY = { authorization: 'Bearer nobody' };

const SCHEMA: [what: string, query: string][] = [
  ['the types', '{ __schema { types { name } } }'],
  ['a type', '{ __type(name: "Pod") { fields { name } } }'],
  ['the types through a fragment', '{ ...All } fragment All on Query { s: __schema { types { name } } }'],
  ['the kinds', '{ kinds { resource } }'],
  ['a field, by a name that is nearly right', '{ podz { kind } }'],
  ['an argument, by a name that is nearly right', '{ pods(namespce: "x") { continue } }'],
  ['a type, by a name that is nearly right', 'query ($input: PodInputt) { kinds { resource } }'],
];

describe('sign-in', () => {
  let cluster: Cluster;
  let origin: string;

  beforeAll(async () => {
    const tokens = path.join(mkdtempSync(path.join(os.tmpdir(), 'ku7s-sign-in-')), 'tokens.csv');
    writeFileSync(tokens, 'nobody,nobody,nobody\nmaker,maker,maker\nadmin,admin,admin,system:masters\n');
    cluster = await startCluster(['--roles', 'api', '--token-auth-file', tokens]);
    origin = new URL(cluster.url).origin;
    const role = await cluster.kubectl('create clusterrole makes-links --verb=post --non-resource-url=/graphiql/links');
    expect(role.stderr).toBe('');
    expect(
      (await cluster.kubectl('create clusterrolebinding maker --clusterrole=makes-links --user=maker')).stderr,
    ).toBe('');
  });
  afterAll(() => cluster?.remove());

  const loginLink = async (...args: string[]): Promise<string> => {
    const { stdout } = await promisify(execFile)(process.execPath, [
      BIN,
      'login-link',
      '--data',
      cluster.data,
      ...args,
    ]);
    return stdout.trim();
  };
  const pathOf = (link: string): string => new URL(link).pathname + new URL(link).search;
  async function signIn(...args: string[]): Promise<string> {
    const { headers } = await ask(cluster, pathOf(await loginLink(...args)));
    return headers['set-cookie']![0]!.split(';', 1)[0]!;
  }
  const who = async (cookie: string): Promise<unknown> =>
    JSON.parse((await ask(cluster, '/graphiql/session', { headers: { cookie, origin } })).text);

  it.each(SCHEMA)('tells nobody %s who has not signed in', async (_, query) => {
    const { code, text } = await operate(cluster, { query });
    expect(code, text).toBe(403);
    expect(text).toContain('cannot get path \\"/apis\\"');
    expect(text).not.toMatch(/Did you mean|PodInput"|"pods"/);
    expect((await operate(cluster, { query }, NOBODY)).text).not.toContain('/apis');
  });

  it('keeps a link good that was only looked at, and lets it be used once', async () => {
    const link = pathOf(/https:\/\/\S*dashboard\?\S*/.exec(cluster.output())![0]);
    expect((await ask(cluster, link, { method: 'HEAD' })).code).toBe(200);
    const [cookie = ''] = (await ask(cluster, link)).headers['set-cookie'] ?? [];
    expect(cookie).toMatch(
      /^__Host-ku7s_session=[\w-]{43}; Max-Age=28800; Path=\/; HttpOnly; Secure; SameSite=Strict$/,
    );
    expect((await ask(cluster, link)).code).toBe(403);
    expect(await who(cookie.split(';', 1)[0]!)).toMatchObject({ user: 'kubernetes-admin', write: true });
  });

  it('makes a new link without a restart, for those who may', async () => {
    expect(await who(await signIn('--read-only'))).toMatchObject({ user: 'kubernetes-admin', write: false });
    const post = (headers: Record<string, string>) => ask(cluster, '/graphiql/links', { method: 'POST', headers });
    expect((await post({})).code).toBe(403);
    expect((await post(NOBODY)).code).toBe(403);
    const { code, text } = await post({ authorization: 'Bearer maker' });
    expect(code).toBe(201);
    const { link } = JSON.parse(text) as { link: string };
    const [cookie = ''] = (await ask(cluster, link)).headers['set-cookie'] ?? [];
    expect(await who(cookie.split(';', 1)[0]!)).toMatchObject({ user: 'maker', write: false });
    // neither a session nor an impersonation makes another
    expect((await post({ cookie: await signIn(), origin })).code).toBe(403);
    expect((await post({ authorization: 'Bearer admin', 'impersonate-user': 'maker' })).code).toBe(403);
  });

  it.each([
    ['another site', { origin: 'https://elsewhere.example' }],
    ['another port of this machine', { origin: 'https://127.0.0.1:1' }],
    ['this address without TLS', { origin: 'http' }],
    ['a sandbox', { origin: 'null' }],
    ['no page', {}],
  ])('refuses a session to %s', async (_, headers: { origin?: string }) => {
    const cookie = await signIn();
    const from = headers.origin === 'http' ? { origin: origin.replace('https', 'http') } : headers;
    const query = 'mutation { createObject(resource: "namespaces", object: {metadata: {name: "forged"}}) }';
    expect((await operate(cluster, { query }, { cookie, ...from })).code).toBe(403);
    const socket = new WebSocket(`${cluster.url.replace('https', 'wss')}/graphql`, 'graphql-transport-ws', {
      rejectUnauthorized: false,
      headers: { cookie, ...from },
    });
    const answer = await new Promise<number>((resolve) => {
      socket.on('unexpected-response', (_request, response) => resolve(response.statusCode ?? 0));
      socket.on('open', () => resolve(101));
      socket.on('error', () => undefined);
    });
    socket.terminate();
    expect(answer).toBe(403);
    expect((await cluster.kubectl('get namespaces -o name')).stdout).not.toContain('forged');
  });

  it('lets a session for reading write nothing', async () => {
    const cookie = await signIn('--read-only');
    const query = 'mutation { createObject(resource: "namespaces", object: {metadata: {name: "written"}}) }';
    expect((await operate(cluster, { query }, { cookie, origin })).code).toBe(403);
    expect((await operate(cluster, { query: '{ namespaces { items { kind } } }' }, { cookie, origin })).code).toBe(200);
  });

  it('ends a session with what it has opened when one signs out', async () => {
    const cookie = await signIn();
    const socket = new WebSocket(`${cluster.url.replace('https', 'wss')}/graphql`, 'graphql-transport-ws', {
      rejectUnauthorized: false,
      headers: { cookie, origin },
    });
    const messages: { type: string }[] = [];
    const ended = new Promise<void>((resolve) => socket.on('close', () => resolve()));
    const watching = new Promise<void>((resolve) =>
      socket.on('message', (data: Buffer) => {
        const message = JSON.parse(String(data)) as { type: string };
        messages.push(message);
        const query = 'subscription { objectsWatch(resource: "namespaces") }';
        if (message.type === 'connection_ack')
          socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload: { query } }));
        if (message.type === 'next') resolve();
      }),
    );
    socket.on('open', () => socket.send(JSON.stringify({ type: 'connection_init' })));
    await watching;
    expect((await ask(cluster, '/graphiql/session', { method: 'DELETE', headers: { cookie, origin } })).code).toBe(200);
    await ended;
    expect(await who(cookie)).toMatchObject({ user: 'system:anonymous' });
  });

  it('says what is wrong where no link can be made', async () => {
    await expect(loginLink('--kubeconfig', '/nowhere')).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringContaining('login-link:') as unknown,
    });
    await expect(loginLink('--forever')).rejects.toMatchObject({ code: 1 });
  });
});
