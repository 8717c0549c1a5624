import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { GraphQLResult } from '../../../src/client/contract.ts';
import { openLogArchive } from '../../../src/store/logs/archive.ts';
import type { LogArchive } from '../../../src/store/logs/contract.ts';
import { createDatabase, type TestDatabase } from '../../support/database.ts';
import { FakeApi } from '../../support/fake-api.ts';
import { Random } from '../../support/random.ts';
import { runningPod } from './kubelet.ts';

const T0 = Date.parse('2026-01-01T00:00:00Z') * 1000;
let database: TestDatabase;
let archive: LogArchive;
let cluster: FakeApi;
beforeAll(async () => {
  database = await createDatabase();
});
afterAll(() => database.drop());
beforeEach(async () => {
  archive = openLogArchive({ databaseUrl: database.url, retention: { ms: 1e12, bytes: 1e12 }, log: () => undefined });
  // each test has namespaces of its own, in one database
  cluster = await FakeApi.open({ logs: { archive, events: true } });
});
afterEach(async () => {
  await cluster.close();
  await archive.close();
});

const NODE = (name: string) => ({ name: `system:node:${name}`, groups: ['system:nodes', 'system:authenticated'] });
const USER = (name: string) => ({ name, groups: ['system:authenticated'] });
const as = (user: { name: string; groups: string[] } | undefined) =>
  user
    ? cluster.graphql.as({
        user,
        agent: 'test',
        warn: () => undefined,
        credential: { recheck: () => Promise.resolve(user) },
      })
    : cluster.graphql.executor;
async function run(
  query: string,
  variables: object = {},
  user?: { name: string; groups: string[] },
): Promise<GraphQLResult> {
  return JSON.parse(String(await as(user).execute({ query, variables: { ...variables } }))) as GraphQLResult;
}

interface Batch {
  namespace: string;
  pod: string;
  uid: string;
  container?: string;
  from?: string;
  until?: string;
  lines: [number, string, string][];
}
const WRITE = 'mutation ($node: String!, $batches: JSON!) { writeLogs(node: $node, batches: $batches) }';
const write = (batch: Batch, node = 'n1', user = NODE(node)) =>
  run(WRITE, { node, batches: [{ container: 'c', attempt: 0, from: '', until: '1', ...batch }] }, user);
const SEARCH = `query ($where: LogWhere, $first: Int, $after: String) {
  logs(where: $where, first: $first, after: $after) { entries { time namespace pod container stream text fields } continue } }`;
interface Answer {
  entries: { time: string; namespace: string; pod: string; text: string; fields: unknown }[];
  continue: string | null;
}
async function search(
  where: object,
  options: { first?: number; after?: string | null; user?: { name: string; groups: string[] } } = {},
): Promise<Answer> {
  const { user, ...page } = options;
  const { data, errors } = await run(SEARCH, { where, ...page }, user);
  if (errors) throw new Error(JSON.stringify(errors));
  return data!['logs'] as Answer;
}
const textsOf = ({ entries }: Answer): string[] => entries.map(({ text }) => text);

async function pod(
  namespace: string,
  name: string,
  node = 'n1',
): Promise<{ namespace: string; pod: string; uid: string }> {
  if (!cluster.store.get({ resource: 'namespaces', namespace: '', name: namespace }))
    await cluster.give(
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } },
      { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default', namespace } },
    );
  const manifest = runningPod(name, { containers: ['c', 'd'] });
  const spec = { ...(manifest['spec'] as object), nodeName: node };
  const [made] = await cluster.give({ ...manifest, metadata: { ...manifest.metadata, namespace }, spec });
  return { namespace, pod: name, uid: made!.metadata.uid! };
}
async function allow(user: string, namespace: string, rules: object[]): Promise<void> {
  const apiVersion = 'rbac.authorization.k8s.io/v1';
  const metadata = { namespace, name: user };
  await cluster.give(
    { apiVersion, kind: 'Role', metadata, rules },
    {
      apiVersion,
      kind: 'RoleBinding',
      metadata,
      subjects: [{ kind: 'User', name: user, apiGroup: 'rbac.authorization.k8s.io' }],
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: user },
    },
  );
}
const POD_LOGS = { apiGroups: [''], resources: ['pods/log'], verbs: ['get'] };

describe('lines of a node', () => {
  test('are taken from its own agent, for its own pods, once', async () => {
    const p = await pod('own', 'p');
    const elsewhere = await pod('own', 'q', 'n2');
    const lines: [number, string, string][] = [[T0, 'o', 'hello']];
    expect((await write({ ...p, lines })).data).toEqual({ writeLogs: { written: true, positions: ['1'] } });
    expect((await write({ ...p, lines })).data).toEqual({ writeLogs: { written: false, positions: ['1'] } });
    // nobody's: neither another node's pod, nor one of another uid, nor one that never was
    for (const other of [elsewhere, { ...p, uid: 'x' }, { ...p, pod: 'never' }])
      expect((await write({ ...other, lines })).data, other.pod).toEqual({
        writeLogs: { written: true, positions: [null] },
      });
    for (const user of [NODE('n2'), USER('somebody')])
      expect((await write({ ...p, lines }, 'n1', user)).errors?.[0]?.message).toContain(
        'cannot create resource "nodes/logs"',
      );
    expect(textsOf(await search({ namespaces: ['own'] }))).toEqual(['hello']);
  });

  test.each([
    ['no batch', [null], 'batches: a batch is an object'],
    [
      'no line',
      [{ namespace: 'a', pod: 'p', uid: 'u', container: 'c', attempt: 0, from: '', until: '', lines: [5] }],
      'batches: a line is',
    ],
  ])('that are %s are refused', async (_, batches, why) => {
    const { errors } = await run(WRITE, { node: 'n1', batches }, NODE('n1'));
    expect(errors?.[0]?.message).toContain(why);
  });

  test('of a pod that is gone are taken, and stay', async () => {
    const p = await pod('gone', 'p');
    const late = await pod('gone', 'late');
    await write({ ...p, lines: [[T0, 'o', 'before']] });
    for (const name of ['p', 'late']) await cluster.client.delete('pods', 'gone', name, { gracePeriodSeconds: 0 });
    await write({ ...p, from: '1', until: '2', lines: [[T0 + 1, 'o', 'after']] });
    await write({ ...late, lines: [[T0 + 2, 'o', 'first and last']] });
    expect(textsOf(await search({ namespaces: ['gone'] }))).toEqual(['first and last', 'after', 'before']);
  });

  test.each([
    ['no list', 'x', 'a list'],
    [
      'a name that is none',
      [{ namespace: 'a', pod: 1, uid: 'u', container: 'c', attempt: 0, from: '', until: '', lines: [] }],
      'names',
    ],
    [
      'a line without a time',
      [{ namespace: 'a', pod: 'p', uid: 'u', container: 'c', attempt: 0, from: '', until: '', lines: [['o', 'x']] }],
      'a line is',
    ],
    [
      'an attempt that is none',
      [{ namespace: 'a', pod: 'p', uid: 'u', container: 'c', attempt: -1, from: '', until: '', lines: [] }],
      'attempt',
    ],
  ])('are refused where they are %s', async (_, batches, why) => {
    expect((await run(WRITE, { node: 'n1', batches }, NODE('n1'))).errors?.[0]?.message).toContain(why);
  });
});

describe('a search', () => {
  test('finds by place, time, stream, words, parts and fields of JSON', async () => {
    const p = await pod('found', 'p');
    const q = await pod('found', 'q');
    await write({
      ...p,
      lines: [
        [T0, 'o', 'GET /healthz 200'],
        [T0 + 1000, 'e', 'error: user-id 7 is not found'],
        [T0 + 2000, 'o', '{"level":"error","status":503,"error":{"code":"E_BUSY"},"a<b":true}'],
        [T0 + 3000, 'o', '{"level":"info","status":200,"msg":"a\\u003cb"}'],
      ],
    });
    await write({ ...q, container: 'd', lines: [[T0 + 4000, 'o', 'ERROR Größe']] });
    const table: [object, string[]][] = [
      [{ text: 'error' }, ['ERROR', '{"level":"error"', 'error: user']],
      [{ text: 'err' }, []],
      [{ text: 'user-id error' }, ['error: user']],
      [{ text: 'E_BUSY' }, ['{"level":"error"']],
      [{ text: 'größe' }, ['ERROR']],
      [{ text: '/healthz' }, ['GET']],
      [{ contains: 'rror' }, ['{"level":"error"', 'error: user']],
      [{ pods: ['q'] }, ['ERROR']],
      [{ containers: ['d'] }, ['ERROR']],
      [{ stream: 'STDERR' }, ['error: user']],
      [{ since: '2026-01-01T00:00:00.003Z' }, ['ERROR', '{"level":"info"']],
      [{ until: '2026-01-01T00:00:00.001Z' }, ['GET']],
      [{ fields: [{ field: 'level', eq: 'error' }] }, ['{"level":"error"']],
      [{ fields: [{ field: 'error.code', eq: 'E_BUSY' }] }, ['{"level":"error"']],
      [{ fields: [{ field: 'status', gte: 500, lt: 600 }] }, ['{"level":"error"']],
      [{ fields: [{ field: 'status', in: [200, 201] }] }, ['{"level":"info"']],
      [{ fields: [{ field: 'status', ne: 503 }] }, ['{"level":"info"']],
      [{ fields: [{ field: 'msg', eq: 'a<b' }] }, ['{"level":"info"']],
      [{ fields: [{ field: 'msg', exists: false }] }, ['{"level":"error"']],
      [{ fields: [{ field: 'a<b', exists: true }] }, ['{"level":"error"']],
    ];
    for (const [where, starts] of table) {
      const found = textsOf(await search({ namespaces: ['found'], ...where }));
      expect(
        found.map((text, i) => text.startsWith(starts[i] ?? '?')),
        JSON.stringify([where, found]),
      ).toEqual(starts.map(() => true));
    }
    const { entries } = await search({ namespaces: ['found'], pods: ['p'], until: '2026-01-01T00:00:00.001Z' });
    expect(entries[0]).toMatchObject({ time: '2026-01-01T00:00:00.000000Z', pod: 'p', fields: null });
  });

  test('is of times to the microsecond, as lines tell them', async () => {
    const p = await pod('micro', 'p');
    await write({ ...p, lines: [1, 2, 3].map((n) => [T0 + n, 'o', `at ${n}`]) });
    const where = { namespaces: ['micro'], since: '2026-01-01T00:00:00.000002Z', until: '2026-01-01T00:00:00.000003Z' };
    expect(textsOf(await search(where))).toEqual(['at 2']);
  });

  test('comes in pages that leave nothing out and have nothing twice, whatever the order in which lines came', async () => {
    const pods = [await pod('paged', 'a'), await pod('paged', 'b'), await pod('paged', 'c')];
    const all: { at: number; text: string }[] = [];
    const random = new Random(1);
    for (let n = 0; n < 60; n++) {
      const lines = Array.from({ length: 1 + random.below(7) }, (_, i): [number, string, string] => [
        T0 + random.below(50) * 1000,
        'o',
        `${n}.${i}`,
      ]);
      const { data } = await write({ ...pods[n % 3]!, from: n < 3 ? '' : String(n - 3), until: String(n), lines });
      expect(data).toMatchObject({ writeLogs: { written: true } });
      for (const [at, , text] of lines) all.push({ at, text });
    }
    for (const first of [7, 100]) {
      const found: Answer['entries'] = [];
      for (let after: string | null = null; ;) {
        const page: Answer = await search({ namespaces: ['paged'] }, { first, after });
        found.push(...page.entries);
        after = page.continue;
        if (!after) break;
      }
      expect(found.map(({ time }) => time)).toEqual(
        found
          .map(({ time }) => time)
          .sort()
          .reverse(),
      );
      expect(found.map(({ text }) => text).sort()).toEqual(all.map(({ text }) => text).sort());
    }
  });

  test('of who may not read leaves out, and of who may by name has those alone', async () => {
    const [p, q] = [await pod('mine', 'p'), await pod('mine', 'q')];
    const other = await pod('theirs', 'p');
    for (const each of [p, q, other])
      await write({ ...each, lines: [[T0, 'o', `secret of ${each.namespace}/${each.pod}`]] });
    const user = USER('reader');
    const both = { namespaces: ['mine', 'theirs'] };
    expect(await search(both, { user })).toEqual({ entries: [], continue: null });
    await allow('reader', 'mine', [{ ...POD_LOGS, resourceNames: ['q'] }]);
    await expect.poll(async () => textsOf(await search(both, { user }))).toEqual(['secret of mine/q']);
    expect(textsOf(await search({ ...both, text: 'theirs' }, { user }))).toEqual([]);
    await allow('all', 'mine', [POD_LOGS]);
    expect(textsOf(await search(both, { user: USER('all') })).sort()).toEqual(['secret of mine/p', 'secret of mine/q']);
    expect(textsOf(await search(both)).sort()).toHaveLength(3);
  });

  test('of the audit needs a right of its own', async () => {
    const [source] = await archive.register([
      { kind: 'audit', node: 'test', namespace: '', pod: '', uid: '', container: '', attempt: 0 },
    ]);
    await archive.write([
      { source: source!.id, from: '', until: '', lines: [{ at: T0, stream: 'o', text: '{"verb":"get"}' }] },
    ]);
    expect(textsOf(await search({ kinds: ['AUDIT'] }))).toEqual(['{"verb":"get"}']);
    const { errors } = await run(SEARCH, { where: { kinds: ['AUDIT'] } }, USER('reader'));
    expect(errors?.[0]?.message).toBe('forbidden: User "reader" cannot get path "/logs/audit"');
    expect(textsOf(await search({ text: 'verb' }))).not.toContain('{"verb":"get"}');
  });

  test.each([
    [{ since: 'yesterday' }, 'neither a time nor a duration'],
    [{ fields: [{ field: 'a' }] }, 'nothing is said'],
    [{ text: 'a '.repeat(20) }, 'at most 16 words'],
    [{ since: '1m', until: '2m' }, 'since is not before until'],
  ])('%j is refused', async (where, why) => {
    expect((await run(SEARCH, { where })).errors?.[0]?.message).toContain(why);
  });
});

describe('events', () => {
  test('are lines of their namespace, each once, for who may list events', async () => {
    await pod('happened', 'p');
    const event = (name: string, count: number) => ({
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name, namespace: 'happened' },
      involvedObject: { kind: 'Pod', name: 'p', namespace: 'happened' },
      reason: 'BackOff',
      type: 'Warning',
      message: `try ${count}`,
      count,
    });
    await cluster.give(event('one', 1));
    const where = { kinds: ['EVENT'], namespaces: ['happened'], fields: [{ field: 'reason', eq: 'BackOff' }] };
    const messages = async (user?: { name: string; groups: string[] }) => {
      await cluster.clock.advance(1000);
      return (await search(where, user ? { user } : {})).entries
        .map(({ fields }) => (fields as { message: string }).message)
        .sort();
    };
    await expect.poll(messages).toEqual(['try 1']);
    await cluster.edit('events', 'happened', 'one', (object) => Object.assign(object, { count: 2, message: 'try 2' }));
    await expect.poll(messages).toEqual(['try 1', 'try 2']);
    await allow('lister', 'happened', [{ apiGroups: [''], resources: ['events'], verbs: ['list'] }]);
    expect(await messages(USER('lister'))).toHaveLength(2);
    expect(await messages(USER('nobody'))).toEqual([]);
  });
});

describe('logsLive', () => {
  test('tells what comes, to who may read it, as long as he may', async () => {
    const [p, q] = [await pod('live', 'p'), await pod('live', 'q')];
    await allow('watcher', 'live', [{ ...POD_LOGS, resourceNames: ['p'] }]);
    await write({ ...p, lines: [[T0, 'o', 'before']] });
    const query = 'subscription { logsLive(where: {namespaces: ["live"], text: "line"}) { pod text } }';
    const results = as(USER('watcher')).subscribe({ query });
    const next = results.next();
    // what is not told yet is written again and again
    let n = 0;
    let told = false;
    void next.then(() => (told = true));
    await expect
      .poll(async () => {
        await write({ ...q, from: n ? `q${n}` : '', until: `q${n + 1}`, lines: [[T0 + n, 'o', 'line of q']] });
        await write({
          ...p,
          from: n ? `p${n}` : '1',
          until: `p${n + 1}`,
          lines: [
            [T0 + n, 'o', 'line of p'],
            [T0 + n, 'o', 'another'],
          ],
        });
        n++;
        await cluster.clock.advance(600);
        return told;
      })
      .toBe(true);
    const { value } = await next;
    const { data } = JSON.parse(String(value)) as { data: { logsLive: { pod: string; text: string }[] } };
    expect([...new Set(data.logsLive.map(({ pod: name, text }) => `${name}: ${text}`))]).toEqual(['p: line of p']);
    await results.return?.();
  });
});
