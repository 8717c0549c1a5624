import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ConfigMap } from '../../schema/types.ts';
import { createClient } from '../../src/client/client.ts';
import type { Manifest } from '../../src/addons/addon.ts';
import { install } from '../../src/addons/install.ts';
import { serviceUnavailable } from '../../src/meta/status.ts';
import { FakeApi } from '../support/fake-api.ts';
import { nth, type FaultyTransport } from '../support/faulty-transport.ts';
import { eventually } from '../nodes/support.ts';

let api: FakeApi;
let transport: FaultyTransport;
let said: string[];
let end: AbortController;
beforeEach(async () => {
  api = await FakeApi.open();
  transport = api.connect();
  said = [];
  end = new AbortController();
});
afterEach(() => api.close());

const installing = (...manifests: Manifest[]): Promise<void> =>
  install(manifests, {
    client: createClient(transport),
    manager: 'addon-x',
    clock: api.clock,
    log: (message, fields) => void said.push(`${message} ${JSON.stringify(fields)}`),
    signal: end.signal,
  });
const map = (name: string, data: Record<string, string> = {}): Manifest => ({
  resource: 'configmaps',
  object: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'a' }, data },
});
const there = async (): Promise<string[]> => (await api.list('configmaps', 'a')).map(({ metadata }) => metadata.name);

test('what is refused is said in one line, and the rest is there', async () => {
  await installing(map('one'), map('NOT a name'), map('two'));
  expect(await there()).toEqual(['one', 'two']);
  expect(said).toEqual([expect.stringMatching(/^not installed .*ConfigMap NOT a name.*lowercase RFC 1123/)]);
});

test('a declared field that somebody has changed is the add-on’s again', async () => {
  await installing(map('one', { key: 'ours' }));
  await api.client.patch('configmaps', 'a', 'one', { data: { key: 'theirs', other: 'theirs' } });
  await installing(map('one', { key: 'ours' }));
  expect((await api.client.get('configmaps', 'a', 'one')).data).toEqual({ key: 'ours', other: 'theirs' });
});

test('what is somebody else’s is left as it is', async () => {
  const manifest: Manifest = {
    resource: 'configmaps',
    isOthers: ({ data }: ConfigMap) => data?.['owner'] === 'them',
    object: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'one', namespace: 'a' }, data: { owner: 'us' } },
  };
  const owner = async () => (await api.client.get('configmaps', 'a', 'one')).data?.['owner'];
  await installing(manifest);
  expect(await owner()).toBe('us');
  await api.client.patch('configmaps', 'a', 'one', { data: { owner: 'nobody' } });
  await installing(manifest);
  expect(await owner()).toBe('us');
  await api.client.patch('configmaps', 'a', 'one', { data: { owner: 'them' } });
  await installing(manifest);
  expect(await owner()).toBe('them');
  expect(said).toEqual([]);
});

test('while the API is away it is tried again, until all is there', async () => {
  transport.before = nth(
    2,
    ({ verb }) => verb === 'patch',
    () => serviceUnavailable('away'),
    4,
  );
  const done = installing(map('one'), map('two'), map('three'));
  await eventually(() => said.length === 1);
  expect(await there()).toEqual(['one']);
  await api.clock.advance(1000);
  await eventually(() => said.length === 2);
  await api.clock.advance(2000);
  await done;
  expect(await there()).toEqual(['one', 'three', 'two']);
});

test('a stop ends the waiting', async () => {
  transport.cut();
  const done = installing(map('one'));
  await eventually(() => said.length === 1);
  end.abort();
  await done;
});
