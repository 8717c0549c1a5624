import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { GraphQLResult } from '../../../src/client/contract.ts';
import { FakeApi } from '../../support/fake-api.ts';

let cluster: FakeApi;
beforeEach(async () => {
  cluster = await FakeApi.open();
});
afterEach(() => cluster.close());

interface Event {
  type: string;
  object: { metadata: { name: string; labelsJSON?: object } } | null;
  resourceVersion: string;
  [field: string]: unknown;
}
type Results = AsyncIterableIterator<GraphQLResult>;
const subscribe = (query: string, variables = {}): Results => cluster.connect().subscribe({ query, variables });
const next = async (results: Results): Promise<Event> => {
  const { value } = (await results.next()) as IteratorResult<GraphQLResult, undefined>;
  if (!value?.data) throw new Error(`no event: ${JSON.stringify(value)}`);
  return Object.values(value.data)[0] as Event;
};
const told = async (results: Results, count: number): Promise<string[]> => {
  const all: string[] = [];
  for (let i = 0; i < count; i++) {
    const { type, object } = await next(results);
    all.push(object ? `${type} ${object.metadata.name}` : type);
  }
  return all;
};
const give = (kind: 'ConfigMap' | 'Secret', name: string, labels = {}): Promise<unknown> =>
  cluster.client.create(kind === 'Secret' ? 'secrets' : 'configmaps', {
    apiVersion: 'v1',
    kind,
    metadata: { namespace: 'a', name, labels },
  } as never);
const label = (name: string, labels: Record<string, string | null>): Promise<unknown> =>
  cluster.client.patch('configmaps', 'a', name, { metadata: { labels } });
const now = (): string => String(cluster.store.revision);

describe('a typed watch', () => {
  const FIELDS = '{ type object { metadata { name } } resourceVersion }';

  test('tells the old object and which paths differ', async () => {
    await give('ConfigMap', 'one', { app: 'x' });
    const events = subscribe(
      `subscription { configMapsWatch(namespace: "a", resourceVersion: "${now()}") { type changedPaths oldObject { metadata { labelsJSON } } object { metadata { name labelsJSON } } } }`,
    );
    await label('one', { app: 'y' });
    const event = await next(events);
    expect(event).toMatchObject({
      type: 'MODIFIED',
      oldObject: { metadata: { labelsJSON: { app: 'x' } } },
      object: { metadata: { labelsJSON: { app: 'y' } } },
    });
    expect(event['changedPaths']).toContain('metadata.labels.app');
    await cluster.client.delete('configmaps', 'a', 'one');
    expect(await next(events)).toMatchObject({ type: 'DELETED', oldObject: null, changedPaths: null });
    await events.return?.();
  });

  test.each(['', ', where: { metadata: { name: { ne: "x" } } }'])(
    'that says when its state has been told is told the state of now, whoever watches already%s',
    async (where) => {
      const query = `subscription { configMapsWatch(namespace: "a", bookmarks: true${where}) ${FIELDS} }`;
      const first = subscribe(query);
      expect(await told(first, 1)).toEqual(['BOOKMARK']);
      const joined = subscribe(query);
      expect(await told(joined, 1)).toEqual(['BOOKMARK']);
      await give('ConfigMap', 'one');
      expect(await told(first, 1)).toEqual(['ADDED one']);
      expect(await told(joined, 1)).toEqual(['ADDED one']);
      const second = subscribe(query);
      expect(await told(second, 2)).toEqual(['ADDED one', 'BOOKMARK']);
      for (const each of [first, joined, second]) await each.return?.();
    },
  );

  test('with a filter, what begins to match is ADDED, and what ceases to is DELETED', async () => {
    await give('ConfigMap', 'in', { app: 'x' });
    await give('ConfigMap', 'out', { app: 'y' });
    const where = '{ metadata: { labels: [{ key: "app", eq: "x" }] } }';
    const events = subscribe(
      `subscription { configMapsWatch(namespace: "a", where: ${where}, bookmarks: true) ${FIELDS} }`,
    );
    expect(await told(events, 2)).toEqual(['ADDED in', 'BOOKMARK']);
    await label('out', { app: 'x' });
    await label('in', { app: 'x', more: 'yes' });
    await label('in', { app: 'z' });
    await label('in', { more: null });
    await cluster.client.delete('configmaps', 'a', 'in');
    await cluster.client.delete('configmaps', 'a', 'out');
    expect(await told(events, 4)).toEqual(['ADDED out', 'MODIFIED in', 'DELETED in', 'DELETED out']);
    await events.return?.();
  });

  test('goes on from what the last event said, and tells no bookmark to who does not ask', async () => {
    const first = subscribe(`subscription { configMapsWatch(namespace: "a", labelSelector: "t=1") ${FIELDS} }`);
    await give('ConfigMap', 'one', { t: '1' });
    const { resourceVersion } = await next(first);
    await first.return?.();
    await give('ConfigMap', 'two', { t: '1' });
    const again = subscribe(
      `subscription { configMapsWatch(namespace: "a", labelSelector: "t=1", resourceVersion: "${resourceVersion}") ${FIELDS} }`,
    );
    await give('ConfigMap', 'three', { t: '1' });
    expect(await told(again, 2)).toEqual(['ADDED two', 'ADDED three']);
    await again.return?.();
  });
});

describe('a watch of several kinds', () => {
  const WATCH = (args: string): string =>
    `subscription { watch(kinds: ["configmaps", "secrets"], namespace: "a", ${args}) { type object resourceVersion initialEventsEnd } }`;

  test('is in the order in which it happened, from the state and from a revision', async () => {
    const from = now();
    const events = subscribe(WATCH('bookmarks: true, labelSelector: "t=1"'));
    expect(await next(events)).toMatchObject({ type: 'BOOKMARK', initialEventsEnd: true });
    const names = ['m1', 's1', 'm2', 's2', 's3', 'm3'];
    for (const name of names) await give(name.startsWith('m') ? 'ConfigMap' : 'Secret', name, { t: '1' });
    const added = names.map((name) => `ADDED ${name}`);
    expect(await told(events, names.length)).toEqual(added);
    const replayed = subscribe(WATCH(`resourceVersion: "${from}", labelSelector: "t=1"`));
    expect(await told(replayed, names.length)).toEqual(added);
    await Promise.all([events.return?.(), replayed.return?.()]);
  });

  test.each([
    ['kinds: []', 400],
    ['kinds: ["no-such-things"]', 404],
    ['kinds: ["configmaps"], where: { no: { eq: 1 } }', 400],
  ])('is refused what it cannot be: %s', async (args, code) => {
    const { value } = await subscribe(`subscription { watch(${args}) { type } }`).next();
    expect((value as GraphQLResult).errors?.[0]).toMatchObject({ extensions: { code } });
  });
});
