import { isDeepStrictEqual } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { GraphQLResult } from '../../../src/client/contract.ts';
import { applyLive, type LiveList, type LivePayload } from '../../../src/client/live-list.ts';
import { FakeApi } from '../../support/fake-api.ts';
import { Random } from '../../support/random.ts';

let cluster: FakeApi;
beforeEach(async () => {
  cluster = await FakeApi.open();
  await cluster.give(...['n1', 'n2'].map((name) => ({ apiVersion: 'v1', kind: 'Node', metadata: { name } })));
});
afterEach(() => cluster.close());

type Item = { metadata: { name: string } } & Record<string, unknown>;
type Payload = LivePayload<Item> & { resourceVersion: string; resume: string };

const document = (field: string, item: string): string =>
  `subscription ($resume: String) { ${field.replace('(', '(resume: $resume, ')} {
    type items { ${item} } changes { type from to object { ${item} } } resourceVersion resume } }`;

/** A client of a live query: what it has after each payload. */
class Reader {
  list: LiveList<Item> | undefined;
  last: Payload | undefined;
  payloads = 0;
  private readonly results: AsyncIterableIterator<GraphQLResult>;

  constructor(query: string, before?: Reader, as?: string) {
    this.list = before?.list;
    const to = as === undefined ? {} : { as: { user: as } };
    this.results = cluster.connect().subscribe({ query, variables: { resume: before?.last?.resume }, ...to });
  }
  async next(): Promise<Payload> {
    const { value, done } = (await this.results.next()) as IteratorResult<GraphQLResult, undefined>;
    if (done || !value?.data) throw new Error(`no payload: ${JSON.stringify(value)}`);
    const payload = Object.values(value.data)[0] as Payload;
    this.list = applyLive(this.list, payload);
    this.last = payload;
    this.payloads++;
    return payload;
  }
  /** Reads until its items are these. */
  async until(items: unknown): Promise<void> {
    while (!isDeepStrictEqual(this.list?.items, items)) await this.next();
  }
  async end(): Promise<void> {
    await this.results.return?.();
  }
}

const pod = (name: string, nodeName: string, labels: Record<string, string> = {}, more: object = {}) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { namespace: 'a', name, labels },
  spec: { nodeName, containers: [{ name: 'c', image: 'i', ...more }] },
});
const map = (name: string, data: Record<string, string> = {}) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { namespace: 'a', name },
  data,
});
const patch = (resource: string, name: string, value: object, namespace = 'a'): Promise<unknown> =>
  cluster.client.patch(resource, namespace, name, value as never);

describe('an item of a live query whose relations change', () => {
  test('is told again: what it names', async () => {
    await cluster.give(pod('p1', 'n1'), pod('p2', 'n2'));
    const reader = new Reader(
      document('podsLive(namespace: "a")', 'metadata { name } node { metadata { labelsJSON } }'),
    );
    await reader.next();
    await patch('nodes', 'n2', { metadata: { labels: { zone: 'west' } } }, '');
    expect((await reader.next()).changes).toMatchObject([
      { type: 'UPDATE', from: 1, to: 1, object: { node: { metadata: { labelsJSON: { zone: 'west' } } } } },
    ]);
    await reader.end();
  });

  test('is not told again where the document shows nothing of the change', async () => {
    await cluster.give(pod('p1', 'n1'), pod('p2', 'n2'));
    const reader = new Reader(
      document(
        'podsLive(namespace: "a")',
        'metadata { name } node { label: metadata { name } spec { unschedulable } } ',
      ),
    );
    await reader.next();
    await patch('nodes', 'n1', { metadata: { labels: { zone: 'west' } } }, '');
    await patch('nodes', 'n1', { spec: { unschedulable: true } }, '');
    const { changes } = await reader.next();
    expect(changes).toMatchObject([{ type: 'UPDATE', object: { node: { spec: { unschedulable: true } } } }]);
    expect(reader.payloads).toBe(2);
    await reader.end();
  });

  test('is told again where only what has changed shows it', async () => {
    await cluster.give(pod('p1', 'n1'));
    const reader = new Reader(`subscription { podsLive(namespace: "a") { type items { metadata { name } }
      changes { type from to object { node { metadata { labelsJSON } } } } resourceVersion resume } }`);
    await reader.next();
    await patch('nodes', 'n1', { metadata: { labels: { zone: 'west' } } }, '');
    expect((await reader.next()).changes).toMatchObject([
      { type: 'UPDATE', object: { node: { metadata: { labelsJSON: { zone: 'west' } } } } },
    ]);
    await reader.end();
  });

  test('is told again: what leads to it, as lists with arguments, and what that leads to', async () => {
    const reader = new Reader(
      document(
        'nodesLive(first: 5)',
        `metadata { name } pods(where: { metadata: { labels: { key: "app", eq: "web" } } }, first: 2) { totalCount items {
          metadata { name } configMaps { items { metadata { name } dataJSON } } } }`,
      ),
    );
    await reader.next();
    await cluster.give(
      map('m', { a: '1' }),
      pod('p1', 'n1', { app: 'web' }, { envFrom: [{ configMapRef: { name: 'm' } }] }),
    );
    await cluster.give(pod('other', 'n1', { app: 'db' }));
    const item = (data: object) => [
      {
        metadata: { name: 'n1' },
        pods: {
          totalCount: 1,
          items: [{ metadata: { name: 'p1' }, configMaps: { items: [{ metadata: { name: 'm' }, dataJSON: data }] } }],
        },
      },
      { metadata: { name: 'n2' }, pods: { totalCount: 0, items: [] } },
    ];
    await reader.until(item({ a: '1' }));
    await patch('configmaps', 'm', { data: { a: '2' } });
    await reader.until(item({ a: '2' }));
    await reader.end();
  });
});

/** Documents, and the query that answers the same at a revision. */
const QUERIES: readonly [field: string, query: string, item: string][] = [
  [
    'nodesLive(first: 5)',
    'nodes(first: 5',
    'metadata { name } pods(where: { metadata: { labels: { key: "app", eq: "x" } } }) { totalCount items { metadata { name labelsJSON } } }',
  ],
  [
    'podsLive(namespace: "a", first: 4)',
    'pods(namespace: "a", first: 4',
    'metadata { name } node { metadata { labelsJSON } } configMaps { items { metadata { name } dataJSON } }',
  ],
  [
    'configMapsLive(namespace: "a", first: 3, orderBy: [{ metadata: { name: DESC } }])',
    'configMaps(namespace: "a", first: 3, orderBy: [{ metadata: { name: DESC } }]',
    'metadata { name } pods { items { metadata { name } node { metadata { labelsJSON } } } } owned { totalCount } usedBy { items { metadata { name } } }',
  ],
];

describe('random writes of what is related', () => {
  const answer = async (query: string, item: string, at: string): Promise<unknown> => {
    const { data } = await cluster.transport.execute({
      query: `{ it: ${query}, asOf: "${at}") { items { ${item} } } }`,
    });
    return (data?.['it'] as { items: unknown } | undefined)?.items;
  };

  test.each([21, 22, 23])('whatever is told is what a query answers of that state (%i)', async (seed) => {
    const random = new Random(seed);
    const below = (n: number): number => random.below(n);
    const readers = QUERIES.map(([field, , item]) => new Reader(document(field, item)));
    const write = (): Promise<unknown> => {
      const [name, other, node] = [`p${below(5)}`, `m${below(4)}`, `n${1 + below(2)}`];
      const app = { app: below(2) ? 'x' : 'y' };
      switch (below(8)) {
        case 0:
          return cluster.client.create('pods', pod(name, node, app, { envFrom: [{ configMapRef: { name: other } }] }));
        case 1:
          return cluster.client.delete('pods', 'a', name, { gracePeriodSeconds: 0 });
        case 2:
          return cluster.client.create('configmaps', map(other, { n: String(below(3)) }));
        case 3:
          return cluster.client.delete('configmaps', 'a', other);
        case 4:
          return patch('configmaps', other, { data: { n: String(below(3)) } });
        case 5:
          return patch('nodes', node, { metadata: { labels: { n: String(below(3)) } } }, '');
        case 6:
          return patch('configmaps', other, { metadata: { annotations: { n: String(below(3)) } } });
        default:
          return patch('pods', name, { metadata: { labels: app } });
      }
    };
    for (let round = 0; round < 10; round++) {
      await Promise.allSettled(Array.from({ length: 1 + below(8) }, write));
      for (const [i, [field, query, item]] of QUERIES.entries()) {
        const now = below(3) ? await answer(query, item, String(cluster.store.revision)) : undefined;
        let reader = readers[i]!;
        while (now && !isDeepStrictEqual(reader.list?.items, now)) {
          const { resourceVersion, resume } = await reader.next();
          // a step may come before what relations lead to has been looked at
          if (resume.startsWith('0.')) continue;
          expect(reader.list?.items, `${field} at ${resourceVersion}`).toEqual(
            await answer(query, item, resourceVersion),
          );
        }
        if (below(6)) continue;
        await reader.end();
        reader = readers[i] = new Reader(document(field, item), reader);
      }
    }
    for (const [i, [, query, item]] of QUERIES.entries()) {
      await readers[i]?.until(await answer(query, item, String(cluster.store.revision)));
      await readers[i]?.end();
    }
  });
});

describe('rights to what relations lead to', () => {
  const role = (name: string, rules: object[]) => [
    { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', metadata: { name }, rules },
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRoleBinding',
      metadata: { name },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name },
      subjects: [{ kind: 'User', apiGroup: 'rbac.authorization.k8s.io', name: 'ann' }],
    },
  ];
  const pods = role('pods', [{ apiGroups: [''], resources: ['pods'], verbs: ['list', 'watch'] }]);
  const nodes = role('nodes', [{ apiGroups: [''], resources: ['nodes'], verbs: ['get'] }]);
  const follow = () =>
    new Reader(
      document('podsLive(namespace: "a")', 'metadata { name } node { metadata { labelsJSON } }'),
      undefined,
      'ann',
    );

  test('are asked for anew whenever it is read: what ends is taken away, what comes is shown', async () => {
    await cluster.give(pod('p', 'n1'), ...pods, ...nodes);
    await patch('nodes', 'n1', { metadata: { labels: { zone: 'east' } } }, '');
    const reader = follow();
    const shown = (node: unknown) => [{ metadata: { name: 'p' }, node }];
    await reader.until(shown({ metadata: { labelsJSON: { zone: 'east' } } }));
    await cluster.client.delete('clusterrolebindings.rbac.authorization.k8s.io', '', 'nodes');
    await reader.until(shown(null));
    // what is hidden says nothing, not even that there is something
    await patch('nodes', 'n1', { metadata: { labels: { zone: 'west' } } }, '');
    await cluster.give(pod('q', ''));
    const { changes } = await reader.next();
    expect(changes).toMatchObject([{ type: 'ENTER', object: { metadata: { name: 'q' } } }]);
    await cluster.client.delete('pods', 'a', 'q', { gracePeriodSeconds: 0 });
    await reader.until(shown(null));
    await cluster.give(nodes[1] as never);
    await reader.until(shown({ metadata: { labelsJSON: { zone: 'west' } } }));
    await reader.end();
  });
});
