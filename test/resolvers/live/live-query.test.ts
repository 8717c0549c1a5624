import { isDeepStrictEqual } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { GraphQLResult } from '../../../src/client/contract.ts';
import { applyLive, type LiveList, type LivePayload } from '../../../src/client/live-list.ts';
import { FakeApi } from '../../support/fake-api.ts';

let cluster: FakeApi;
beforeEach(async () => {
  cluster = await FakeApi.open();
});
afterEach(() => cluster.close());

type Item = { metadata: { name: string; uid: string; resourceVersion?: string } };
type Payload = LivePayload<Item> & { totalCount: number; resourceVersion: string; resume: string };

const ITEM = 'metadata { name uid resourceVersion labelsJSON }';
const document = (args: string, item = ITEM): string =>
  `subscription ($resume: String) { configMapsLive(namespace: "a", resume: $resume, ${args}) {
    type items { ${item} } changes { type from to object { ${item} } } totalCount resourceVersion resume } }`;

/** A client of a live query: what it has after each payload. */
class Reader {
  private list: LiveList<Item> | undefined;
  last: Payload | undefined;
  payloads = 0;
  private readonly results: AsyncIterableIterator<GraphQLResult>;

  /** @param before whose connection was lost */
  constructor(query: string, before?: Reader) {
    const resume = before?.last?.resume;
    this.list = before?.list;
    this.results = cluster.connect().subscribe({ query, variables: { resume } });
  }
  get items(): readonly Item[] {
    return this.list?.items ?? [];
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
  async end(): Promise<void> {
    await this.results.return?.();
  }
}

const give = (name: string, n: number, labels: Record<string, string> = { app: 'x' }): Promise<unknown> =>
  cluster.client.create('configmaps', {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { namespace: 'a', name, labels: { ...labels, n: String(n) } },
    data: { of: name },
  } as never);
const label = (name: string, labels: Record<string, string | null>): Promise<unknown> =>
  cluster.client.patch('configmaps', 'a', name, { metadata: { labels } });
const names = ({ items }: { items: readonly Item[] }): string[] => items.map(({ metadata }) => metadata.name);
const BY_N = 'orderBy: { metadata: { labels: { key: "n", pick: ASC } } }';

describe('a live query', () => {
  test('begins with the result, and goes on with what changes of it', async () => {
    await give('one', 1);
    const reader = new Reader(document(`labelSelector: "app=x", ${BY_N}, first: 2`));
    expect(await reader.next()).toMatchObject({ type: 'RESULT', totalCount: 1, changes: [] });
    await give('three', 3);
    expect(await reader.next()).toMatchObject({
      type: 'CHANGES',
      items: null,
      totalCount: 2,
      changes: [{ type: 'ENTER', from: null, to: 1, object: { metadata: { name: 'three' } } }],
    });
    await give('two', 2);
    expect((await reader.next()).changes).toMatchObject([
      { type: 'LEAVE', from: 1, to: null, object: null },
      { type: 'ENTER', from: null, to: 1, object: { metadata: { name: 'two' } } },
    ]);
    await label('one', { app: 'y' });
    expect((await reader.next()).changes).toMatchObject([
      { type: 'LEAVE', from: 0 },
      { type: 'ENTER', to: 1, object: { metadata: { name: 'three' } } },
    ]);
    await label('two', { n: '9' });
    expect((await reader.next()).changes).toMatchObject([{ type: 'MOVE', from: 0, to: 1 }]);
    expect(names(reader)).toEqual(['three', 'two']);
    await reader.end();
  });

  test('says nothing of a change that touches nothing of what it asks for', async () => {
    await give('one', 1);
    const reader = new Reader(document('labelSelector: "app=x", first: 5', 'metadata { name labelsJSON uid }'));
    await reader.next();
    await cluster.client.patch('configmaps', 'a', 'one', { data: { of: 'another' } });
    await label('one', { seen: 'yes' });
    expect((await reader.next()).changes).toMatchObject([
      { type: 'UPDATE', from: 0, to: 0, object: { metadata: { labelsJSON: { seen: 'yes' } } } },
    ]);
    expect(reader.payloads).toBe(2);
    await reader.end();
  });

  test('counts all, whatever is looked at, only for who asks', async () => {
    await give('a1', 1);
    const counting = new Reader(document('first: 1'));
    const not = new Reader(document('first: 1').replace('totalCount', ''));
    const before = (await counting.next()).totalCount;
    await not.next();
    await give('z', 1);
    expect(await counting.next()).toMatchObject({ type: 'CHANGES', changes: [], totalCount: before + 1 });
    await give('a0', 1);
    expect((await not.next()).changes).toHaveLength(2);
    expect(not.payloads).toBe(2);
    await Promise.all([counting.end(), not.end()]);
  });

  test('begins with the result, whatever happens when it begins', async () => {
    await give('one', 0);
    const before = new Reader(document('first: 1'));
    await before.next();
    for (let n = 1; n <= 60; n++) {
      const written = label('one', { n: String(n) });
      // at each of the moments of a write
      for (let turn = 0; turn < n % 30; turn++) await Promise.resolve();
      // another reader of the same view
      const reader = new Reader(document(`first: ${n + 1}`));
      expect(await reader.next()).toMatchObject({ type: 'RESULT' });
      await Promise.all([written, reader.end()]);
    }
    await before.end();
  });

  test('is as large as may be looked at, whatever its variables are', async () => {
    const env = Array.from({ length: 1000 }, (_, n) => ({ name: `E${n}`, value: 'v' }));
    const spec = { containers: [{ name: 'c', image: 'i', env }] };
    const names = Array.from({ length: 60 }, (_, n) => `n${n}`);
    await cluster.give(
      ...names.map((name) => ({ apiVersion: 'v1', kind: 'Pod', metadata: { namespace: 'a', name }, spec })),
    );
    const query = `subscription ($in: [String!]) {
      podsLive(namespaces: $in) { items { spec { containers { env { name a: name b: value value } } } } } }`;
    const results = cluster.connect().subscribe({ query, variables: { in: ['a'] } });
    const { data, errors } = (await results.next()).value as GraphQLResult;
    expect(errors).toBeUndefined();
    expect(data).toHaveProperty('podsLive.items.length', 60);
    await results.return?.();
  });

  test('is refused with what its arguments are not', async () => {
    for (const args of ['first: 0', 'first: 10001', 'namespaces: ["a"]', 'labelSelector: "=="']) {
      const results = cluster.connect().subscribe({ query: document(args) });
      const { value } = (await results.next()) as { value: GraphQLResult };
      expect(value.errors?.[0]).toMatchObject({ extensions: { code: 400 } });
    }
  });
});

/** Numbers in an order that is always the same (Numerical Recipes' linear congruential generator). */
function* numbers(seed: number): Generator<number, never> {
  for (let x = seed; ;) yield (x = (x * 1664525 + 1013904223) % 2 ** 32);
}

describe('random writes', () => {
  const QUERIES = [
    'first: 4',
    `first: 1, ${BY_N}`,
    `first: 3, labelSelector: "app=x", ${BY_N}`,
    'first: 7, labelSelector: "app!=x", orderBy: [{ metadata: { labels: { key: "n", pick: DESC } } }, { metadata: { uid: ASC } }]',
    `labelSelector: "n in (1,2,3)", ${BY_N}`,
  ];
  const answer = async (args: string, at: string): Promise<Item[]> => {
    const query = `{ configMaps(namespace: "a", asOf: "${at}", ${args}) { items { ${ITEM} } } }`;
    const { data } = await cluster.transport.execute({ query });
    return (the(data)['configMaps'] as { items: Item[] }).items;
  };
  /** Reads until it has what is there now; whatever it has on the way is what was there then. */
  const catchUp = async (reader: Reader, args: string): Promise<void> => {
    const now = await answer(args, String(cluster.store.revision));
    while (!isDeepStrictEqual(reader.items, now)) {
      const { resourceVersion } = await reader.next();
      expect(reader.items, `${args} at ${resourceVersion}`).toEqual(await answer(args, resourceVersion));
    }
  };

  test.each([11, 12, 13])('the steps make what a fresh query answers, always (%i)', async (seed) => {
    const random = numbers(seed);
    const below = (n: number): number => Math.floor((random.next().value / 2 ** 32) * n);
    const readers = new Map(QUERIES.map((args) => [args, new Reader(document(args))]));
    const write = (): Promise<unknown> => {
      const name = `m${below(12)}`;
      const app = below(2) ? 'x' : 'y';
      if (below(3) === 0) return give(name, below(6), { app });
      if (below(3) === 0) return cluster.client.delete('configmaps', 'a', name);
      return label(name, below(2) ? { app } : { n: String(below(6)) });
    };
    for (let round = 0; round < 25; round++) {
      // some are of what is not there, or is there already
      await Promise.allSettled(Array.from({ length: 1 + below(8) }, write));
      for (const [args, reader] of readers) {
        if (below(3)) await catchUp(reader, args);
        if (below(6)) continue;
        // who lost its connection goes on where it was
        await reader.end();
        readers.set(args, new Reader(document(args), reader));
      }
    }
    for (const [args, reader] of readers) {
      await catchUp(reader, args);
      await reader.end();
    }
  });
});

const the = <T>(value: T | null | undefined): T => {
  if (value === undefined || value === null) throw new Error('nothing there');
  return value;
};
