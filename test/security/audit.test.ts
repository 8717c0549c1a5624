import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually, startCluster, type Cluster } from '../e2e/support/cluster.ts';
import { ask, operate, type Asked } from './support/ask.ts';

interface Event {
  auditID: string;
  stage: string;
  verb: string;
  requestURI: string;
  user: { username?: string };
  impersonatedUser?: { username: string };
  objectRef?: { resource: string; namespace?: string; name?: string; subresource?: string };
  responseStatus?: { code: number };
  sourceIPs: string[];
  annotations?: Record<string, string>;
}

const HUSH = 'aHVzaC1odXNoLWh1c2g=';
const TOKENS = ['admin,admin,admin,system:masters', 'jane,jane,jane'].join('\n');
const as = (user: string): Record<string, string> => ({ authorization: `Bearer ${user}` });

let folder: string;
let hook: Server;
let cluster: Cluster;
const received: Event[] = [];
const lists: { kind: string; items: Event[] }[] = [];

/** A server with the policy of every start, whose events go to its log and to a webhook of ours. */
beforeAll(async () => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'ku7s-audit-'));
  hook = createServer((req, res) => {
    const chunks: Buffer[] = [];
    req.on('data', (chunk: Buffer) => chunks.push(chunk));
    req.on('end', () => {
      const list = JSON.parse(Buffer.concat(chunks).toString()) as { kind: string; items: Event[] };
      lists.push(list);
      received.push(...list.items);
      res.end();
    });
  }).listen(0, '127.0.0.1');
  await once(hook, 'listening');
  const { port } = hook.address() as AddressInfo;
  const config = {
    'current-context': 'x',
    contexts: [{ name: 'x', context: { cluster: 'x' } }],
    clusters: [{ name: 'x', cluster: { server: `http://127.0.0.1:${port}/events` } }],
  };
  writeFileSync(path.join(folder, 'webhook.yaml'), JSON.stringify(config));
  writeFileSync(path.join(folder, 'tokens'), TOKENS);
  cluster = await startCluster([
    '--roles',
    'api,controllers',
    '--token-auth-file',
    path.join(folder, 'tokens'),
    '--audit-log-maxsize',
    '1',
    '--audit-log-maxbackup',
    '2',
    '--audit-webhook-config-file',
    path.join(folder, 'webhook.yaml'),
    '--audit-webhook-batch-max-wait',
    '200ms',
  ]);
});
afterAll(async () => {
  await cluster?.remove();
  hook?.close();
  if (folder) rmSync(folder, { recursive: true });
});

const log = (): string => path.join(cluster.data, 'audit');
const written = (): string =>
  readdirSync(log())
    .map((name) => readFileSync(path.join(log(), name), 'utf8'))
    .join('');
const events = (text = readFileSync(path.join(log(), 'audit.log'), 'utf8')): Event[] =>
  text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Event);
/** What is recorded of a request, once its last event is there. */
const recordedOf = (auditId: string): Promise<Event[]> =>
  eventually(
    async () => events().filter((e) => e.auditID === auditId || e.annotations?.['ku7s.io/operation'] === auditId),
    (found) => found.length > 0,
  );
const facts = ({ verb, stage, user, objectRef, responseStatus }: Event): object => ({
  verb,
  stage,
  user: user.username,
  objectRef,
  code: responseStatus?.code,
});

let serial = 0;
async function rest(to: string, asked: Asked & { user?: string }): Promise<Event[]> {
  const id = `rest-${++serial}`;
  const { user = 'admin', headers, ...more } = asked;
  const reply = await ask(cluster, to, { ...more, headers: { ...as(user), 'audit-id': id, ...headers } });
  expect(reply.headers['audit-id']).toBe(id);
  return recordedOf(id);
}
async function graphql(query: string, variables: object = {}, user = 'admin'): Promise<Event[]> {
  const id = `graphql-${++serial}`;
  const reply = await operate(cluster, { query, variables }, { ...as(user), 'audit-id': id });
  expect(reply.headers['audit-id']).toBe(id);
  return recordedOf(id);
}

const secret = (name: string): object => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name, namespace: 'default' },
  data: { key: HUSH },
});
const SECRETS = '/api/v1/namespaces/default/secrets';
const patch = { metadata: { labels: { a: 'b' } }, data: { key: HUSH } };
const MERGE = { 'content-type': 'application/merge-patch+json' };
const place = 'resource: "secrets", namespace: "default"';

describe('REST and GraphQL leave the same events', () => {
  it.each<[string, () => Promise<Event[]>, () => Promise<Event[]>]>([
    [
      'a create',
      () => rest(SECRETS, { method: 'POST', body: secret('one') }),
      () => graphql(`mutation ($o: JSON!) { createObject(${place}, object: $o) }`, { o: secret('one') }),
    ],
    ['a get', () => rest(`${SECRETS}/one`, {}), () => graphql(`{ object(${place}, name: "one") }`)],
    [
      'a typed get',
      () => rest(`${SECRETS}/one`, {}),
      () => graphql('{ secret(namespace: "default", name: "one") { dataJSON } }'),
    ],
    ['a list', () => rest(SECRETS, {}), () => graphql(`{ objects(${place}) { items } }`)],
    [
      'a typed list',
      () => rest(SECRETS, {}),
      () => graphql('{ secrets(namespace: "default") { items { dataJSON } } }'),
    ],
    [
      'a list of one name',
      () => rest(`${SECRETS}?fieldSelector=metadata.name%3Done`, {}),
      () => graphql(`{ objects(${place}, fieldSelector: "metadata.name=one") { items } }`),
    ],
    [
      'a patch',
      () => rest(`${SECRETS}/one`, { method: 'PATCH', body: patch, headers: MERGE }),
      () => graphql(`mutation ($p: JSON!) { patchObject(${place}, name: "one", patch: $p) }`, { p: patch }),
    ],
    [
      'a read by who may not',
      () => rest(`${SECRETS}/one`, { user: 'jane' }),
      () => graphql(`{ object(${place}, name: "one") }`, {}, 'jane'),
    ],
    ['what is not there', () => rest(`${SECRETS}/nowhere`, {}), () => graphql(`{ object(${place}, name: "nowhere") }`)],
    [
      'a delete',
      () => rest(`${SECRETS}/one`, { method: 'DELETE' }),
      () => graphql(`mutation { deleteObject(${place}, name: "one") }`),
    ],
  ])('%s', async (what, byRest, byGraphQL) => {
    const first = (await byRest()).map(facts);
    expect(first).toHaveLength(1);
    // what was made or taken away is there again for the second
    if (what === 'a create') await ask(cluster, `${SECRETS}/one`, { method: 'DELETE', headers: as('admin') });
    if (what === 'a delete') await ask(cluster, SECRETS, { method: 'POST', headers: as('admin'), body: secret('one') });
    expect((await byGraphQL()).map(facts)).toEqual(first);
  });

  it('each write of an operation is one', async () => {
    const write = (name: string): string => `createObject(${place}, object: {metadata: {name: "${name}"}})`;
    const found = await graphql(`mutation { a: ${write('two')} b: ${write('three')} }`);
    expect(found.map(({ verb, objectRef }) => [verb, objectRef?.name])).toEqual([
      ['create', 'two'],
      ['create', 'three'],
    ]);
    expect(new Set(found.map((e) => e.auditID)).size).toBe(2);
  });

  it('a Secret that is read along an edge does not escape', async () => {
    const maps = '/api/v1/namespaces/default/configmaps';
    const admin = { method: 'POST', headers: as('admin') };
    const owning = await ask(cluster, maps, { ...admin, body: { metadata: { name: 'owning' } } });
    const { uid } = (JSON.parse(owning.text) as { metadata: { uid: string } }).metadata;
    const ownerReferences = [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'owning', uid }];
    await ask(cluster, SECRETS, {
      ...admin,
      body: { metadata: { name: 'owned', ownerReferences }, data: { key: HUSH } },
    });
    const query =
      '{ configMap(namespace: "default", name: "owning") { owned(resource: "secrets") { items { ... on Secret { dataJSON } } } } }';
    const found = await graphql(query);
    expect(found.map(facts)).toEqual([
      {
        verb: 'list',
        stage: 'ResponseComplete',
        user: 'admin',
        objectRef: { resource: 'secrets', namespace: 'default', apiVersion: 'v1' },
        code: 200,
      },
    ]);
  });
});

describe('the log that is there by default', () => {
  it('is for its owner alone', () => {
    expect(statSync(log()).mode & 0o777).toBe(0o700);
    for (const name of readdirSync(log())) expect(statSync(path.join(log(), name)).mode & 0o777).toBe(0o600);
  });

  it('says who was not let in, and shows no token of theirs', async () => {
    const [event] = await rest('/api/v1/pods', { user: 'a-token-that-nobody-has' });
    expect(event).toMatchObject({ stage: 'ResponseStarted', user: {}, responseStatus: { code: 401 } });
    expect(written()).not.toContain('a-token-that-nobody-has');
  });

  it('says from where, whatever the client says', async () => {
    const [event] = await rest(SECRETS, { headers: { 'x-forwarded-for': '1.2.3.4, nonsense' } });
    expect(event?.sourceIPs).toEqual(['1.2.3.4', '127.0.0.1']);
  });

  it('says who acted for whom', async () => {
    const [event] = await rest(`${SECRETS}/two`, { headers: { 'impersonate-user': 'jane' } });
    expect(event).toMatchObject({
      user: { username: 'admin' },
      impersonatedUser: { username: 'jane' },
      responseStatus: { code: 403 },
    });
  });

  it('says who made a token, and not which', async () => {
    const token = '/api/v1/namespaces/default/serviceaccounts/default/token';
    const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} };
    const [event] = await eventually(
      async () => rest(token, { method: 'POST', body }),
      ([found]) => found?.responseStatus?.code === 201,
    );
    expect(event?.objectRef).toMatchObject({ resource: 'serviceaccounts', subresource: 'token' });
    expect(written()).not.toMatch(/eyJ[\w-]+\.eyJ/);
  });

  it('keeps login links to itself', async () => {
    const id = `link-${++serial}`;
    await ask(cluster, '/graphiql?token=a-login-token', { method: 'POST', headers: { 'audit-id': id } });
    await graphql(
      'mutation { createObject(resource: "configmaps", namespace: "default", object: {metadata: {name: "x"}}) }',
    );
    expect(written()).not.toContain('a-login-token');
  });

  it('has no value of a Secret, and no read by the system', async () => {
    await rest('/api/v1/namespaces/default/configmaps/x', { method: 'DELETE' });
    expect(written()).not.toContain(HUSH);
    const bySystem = events(written()).filter(
      ({ user, verb }) => user.username?.startsWith('system:') === true && ['get', 'list', 'watch'].includes(verb),
    );
    expect(bySystem).toEqual([]);
  });

  it('goes to the webhook too, in lists', async () => {
    const [event] = await rest(`${SECRETS}/two`, {});
    await eventually(
      async () => received.map((e) => e.auditID),
      (ids) => ids.includes(event?.auditID ?? ''),
    );
    expect(new Set(lists.map(({ kind }) => kind))).toEqual(new Set(['EventList']));
    expect(JSON.stringify(received)).not.toContain(HUSH);
  });

  it('is counted in the metrics', async () => {
    const { text } = await ask(cluster, '/metrics', { headers: as('admin') });
    expect(text).toMatch(/^apiserver_audit_event_total [1-9]\d*$/m);
    expect(text).toMatch(/^apiserver_audit_level_total\{level="Metadata"\} [1-9]\d*$/m);
  });

  it('stays within its bound, whatever a client sends', async () => {
    // long addresses fill a file of 1 MB soon
    const long = `${SECRETS}/two?pretty=${'x'.repeat(6000)}`;
    for (let round = 0; round < 40; round++)
      await Promise.all(Array.from({ length: 20 }, () => ask(cluster, long, { headers: as('admin') })));
    await eventually(
      async () => readdirSync(log()),
      // what was put aside last is there before the new one, and before the oldest is gone
      (names) => names.length === 3 && names.includes('audit.log'),
    );
    const names = readdirSync(log()).sort();
    expect(names[0]).toMatch(/^audit-\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d\.\d{3}\.log$/);
    for (const name of names) expect(statSync(path.join(log(), name)).size).toBeLessThanOrEqual(1024 * 1024);
  });
});

describe('a start', () => {
  it.each([
    [['--audit-policy-file', 'bad'], 'loading audit policy file: rules[0].level: Required value: from file bad'],
    [['--audit-log-maxage=-1'], "--audit-log-maxage -1 can't be a negative number"],
    [['--audit-log-format', 'xml'], 'invalid audit log format xml, allowed formats are ["json"]'],
  ])('with %j is one line and exit code 1', async (args, line) => {
    const bad = path.join(folder, 'bad');
    writeFileSync(bad, 'apiVersion: audit.k8s.io/v1\nkind: Policy\nrules: [{}]');
    const named = args.map((arg) => (arg === 'bad' ? bad : arg));
    await expect(startCluster(named)).rejects.toThrow(`exit 1\nku7s: ${line.replace('bad', bad)}\n`);
  });
});
