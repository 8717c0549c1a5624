import { afterEach, beforeEach, expect, test } from 'vitest';
import type { GraphQLResult } from '../../../src/client/contract.ts';
import { FakeApi } from '../../support/fake-api.ts';

let cluster: FakeApi;
beforeEach(async () => {
  cluster = await FakeApi.open();
});
afterEach(() => cluster.close());

const give = (name: string, team: string): Promise<unknown> =>
  cluster.give({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { namespace: 'a', name, labels: { team, app: 'x' } },
  });

function follow(args: string, fields: string) {
  const results = cluster
    .connect()
    .subscribe({ query: `subscription { configMapsAggregateLive(namespace: "a", ${args}) { ${fields} } }` });
  return async (): Promise<unknown> => {
    const { value } = (await results.next()) as IteratorResult<GraphQLResult, undefined>;
    return value?.data?.['configMapsAggregateLive'] ?? value?.errors?.[0]?.extensions;
  };
}

test('a live aggregate says what there is, and again when another answer comes of it', async () => {
  await give('one', 'red');
  const groups = 'groupBy: [{ metadata: { labels: { key: "team" } } }], labelSelector: "app=x"';
  const next = follow(groups, 'total { count } groups { count }');
  expect(await next()).toEqual({ total: { count: 1 }, groups: [{ count: 1 }] });
  await give('two', 'red');
  expect(await next()).toEqual({ total: { count: 2 }, groups: [{ count: 2 }] });
  // nothing of it changes by this
  await cluster.client.patch('configmaps', 'a', 'one', { data: { of: 'another' } });
  await cluster.client.patch('configmaps', 'a', 'two', { metadata: { labels: { team: 'blue' } } });
  expect(await next()).toEqual({ total: { count: 2 }, groups: [{ count: 1 }, { count: 1 }] });
  const other = follow(groups, 'total { count } groups { count }');
  expect(await other()).toEqual({ total: { count: 2 }, groups: [{ count: 1 }, { count: 1 }] });
  await cluster.client.delete('configmaps', 'a', 'one');
  const left = { total: { count: 1 }, groups: [{ count: 1 }] };
  expect([await next(), await other()]).toEqual([left, left]);
});

test.each(['first: 0', 'labelSelector: "=="', 'namespaces: ["a"]'])('is refused with %s', async (args) => {
  expect(await follow(args, 'total { count }')()).toMatchObject({ code: 400 });
});

test('what it is grouped by by a relation is followed', async () => {
  await cluster.give(
    { apiVersion: 'v1', kind: 'Node', metadata: { name: 'n', labels: { zone: 'east' } } },
    {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { namespace: 'a', name: 'p' },
      spec: { nodeName: 'n', containers: [{ name: 'c', image: 'i' }] },
    },
  );
  const results = cluster.connect().subscribe({
    query: `subscription { podsAggregateLive(groupBy: [{ node: { metadata: { labels: { key: "zone" } } } }]) {
      groups { by count } } }`,
  });
  const next = async (): Promise<string> => {
    const { value } = (await results.next()) as IteratorResult<GraphQLResult, undefined>;
    return JSON.stringify(value?.data ?? value?.errors);
  };
  expect(await next()).toContain('east');
  await cluster.client.patch('nodes', '', 'n', { metadata: { labels: { zone: 'west' } } });
  expect(await next()).toContain('west');
});
