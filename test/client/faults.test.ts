import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createClient } from '../../src/client/client.ts';
import type { Client } from '../../src/client/contract.ts';
import { createInformers } from '../../src/client/informers.ts';
import { expired, serviceUnavailable } from '../../src/meta/status.ts';
import { FakeApi, type Manifest } from '../support/fake-api.ts';
import { nth, type FaultyTransport } from '../support/faulty-transport.ts';
import { flush } from '../support/fake-clock.ts';

let api: FakeApi;
let transport: FaultyTransport;
let client: Client;
beforeEach(async () => {
  api = await FakeApi.open();
  transport = api.connect();
  client = createClient(transport);
});
afterEach(() => api.close());

const map = (name: string): Manifest => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'a' },
});
const make = (name: string): Promise<string> =>
  client.create('configmaps', map(name) as never).then(
    () => 'done',
    (error: Error) => error.message,
  );
const there = async (): Promise<string[]> => (await api.list('configmaps', 'a')).map(({ metadata }) => metadata.name);
const failure = (): Error => serviceUnavailable('made to fail');

describe('a connection', () => {
  test('refuses the calls that it is told to, and they do not reach the API', async () => {
    transport.before = nth(2, ({ verb }) => verb === 'create', failure, 3);
    expect([await make('v'), await make('w'), await make('x'), await make('y')]).toEqual([
      'done',
      'made to fail',
      'made to fail',
      'done',
    ]);
    expect(await there()).toEqual(['v', 'y']);
    expect(transport.writes).toEqual(['create configmaps a/v', 'create configmaps a/y']);
  });

  test('loses the answer of a write that was carried out', async () => {
    transport.after = nth(1, ({ verb }) => verb === 'create', failure);
    expect(await make('v')).toBe('made to fail');
    expect(await there()).toEqual(['v']);
    expect(await make('v')).toContain('already exists');
  });

  test('ends after a write, and of those that were under way none follows', async () => {
    transport.after = () => transport.writes.length === 2 && transport.cut();
    const outcomes = await Promise.all(['v', 'w', 'x', 'y'].map(make));
    const lost = 'the connection to the API is lost';
    expect(outcomes).toEqual(['done', lost, lost, lost]);
    expect(await there()).toEqual(['v', 'w']);
  });

  test.each([
    ['breaks off', undefined],
    ['is refused for its age', expired('too old resource version')],
  ])('whose watch %s leaves an informer with what there is', async (_what, error) => {
    const informers = createInformers(client, api.clock, { random: () => 0.5 });
    const maps = informers.informer('configmaps');
    const changes: string[] = [];
    maps.follow((object, old) => changes.push(`${old?.metadata.name ?? ''}>${object?.metadata.name ?? ''}`));
    await make('v');
    await make('w');
    informers.start();
    await maps.whenSynced();
    transport.breakWatches(error);
    await api.client.delete('configmaps', 'a', 'v');
    await make('x');
    await flush();
    expect(maps.list('a')).toHaveLength(2);
    await api.clock.advance(1_000);
    expect(changes.slice(0, 2).sort()).toEqual(['>v', '>w']);
    expect(changes.slice(2).sort()).toEqual(['>x', 'v>']);
    await informers.stop();
  });
});
