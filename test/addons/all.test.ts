import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { NAMESPACE, managerOf, userOf, type Addon, type Manifest } from '../../src/addons/addon.ts';
import { ADDONS } from '../../src/addons/all.ts';
import { ADDON_NAMES } from '../../src/addons/names.ts';
import { install } from '../../src/addons/install.ts';
import { isDns1123Label } from '../../src/meta/names.ts';
import { CLUSTER } from './support.ts';
import { FakeApi } from '../support/fake-api.ts';
import { NODE_AGENT_LABELS } from '../../src/rules/node-agent-labels.ts';

const cluster = CLUSTER;
const all = Object.entries(ADDONS);

test('each has a name of its own, under which the map has it', () => {
  expect(all.map(([, { name }]) => name)).toEqual(all.map(([key]) => key));
  expect(all.map(([key]) => key)).toEqual(ADDON_NAMES);
  expect(all.flatMap(([key]) => isDns1123Label(key))).toEqual([]);
  const accounts = all.map(([, { account }]) => account);
  expect(new Set(accounts).size).toBe(accounts.length);
});

describe.each(all)('%s', (_, addon) => {
  const manifests = [...addon.manifests(cluster), ...addon.roles];
  let api: FakeApi;
  let said: string[];
  beforeEach(async () => {
    api = await FakeApi.open();
    said = [];
    await installed(addon);
  });
  afterEach(() => api.close());

  const installed = (one: Addon): Promise<void> =>
    install([...one.manifests(cluster), ...one.roles], {
      client: api.client,
      manager: managerOf(one),
      clock: api.clock,
      log: (message, fields) => void said.push(`${message} ${JSON.stringify(fields)}`),
      signal: new AbortController().signal,
    });
  const live = ({ resource, object: { metadata } }: Manifest) =>
    api.client.get(resource as string, metadata.namespace ?? '', metadata.name);

  test('declares what the API takes, its account in kube-system among it', async () => {
    expect(said).toEqual([]);
    for (const manifest of manifests) expect((await live(manifest)).metadata.name).toBe(manifest.object.metadata.name);
    expect((await api.client.get('serviceaccounts', NAMESPACE, addon.account)).metadata.name).toBe(addon.account);
  });

  test('writes nothing when it is installed again', async () => {
    const { revision } = api.store;
    await installed(addon);
    expect(api.store.revision).toBe(revision);
  });

  test('is whole again after a deletion', async () => {
    for (const { resource, object } of manifests)
      await api.client.delete(resource, object.metadata.namespace ?? '', object.metadata.name);
    await installed(addon);
    expect(said).toEqual([]);
    for (const manifest of manifests) expect((await live(manifest)).metadata.name).toBe(manifest.object.metadata.name);
  });

  test('keeps what a user has added', async () => {
    for (const { resource, object } of manifests) {
      const { namespace = '', name } = object.metadata;
      await api.client.patch(resource, namespace, name, { metadata: { labels: { mine: 'yes' } } });
    }
    await installed(addon);
    for (const manifest of manifests) {
      const { labels } = (await live(manifest)).metadata;
      expect(labels).toEqual({ ...manifest.object.metadata.labels, mine: 'yes' });
    }
  });

  test('grants rights to its own account only, and none that others take up but to read its figures', () => {
    const own = { kind: 'ServiceAccount', name: addon.account, namespace: NAMESPACE };
    for (const { object } of addon.roles) {
      if ('roleRef' in object) expect(object).toMatchObject({ subjects: [own] });
      const { labels = {} } = object.metadata;
      // but for the role of nodes with a credential of their own, which nobody has until somebody is bound to it
      const others = Object.keys(labels).filter((label) => !(label in NODE_AGENT_LABELS));
      const taken = others.filter((label) => label.includes('aggregate-to'));
      // who may look may read figures: this role has no more, and is nobody's by itself
      if (object.metadata.name === 'system:aggregated-metrics-reader')
        expect(object).toMatchObject({ rules: [{ apiGroups: ['metrics.k8s.io'], verbs: ['get', 'list', 'watch'] }] });
      else expect(taken).toEqual([]);
    }
  });

  test('may not write roles or secrets, read secrets unless it says which, or act as others', async () => {
    const client = api.client.as(userOf(addon));
    if (!addon.selects?.secrets) await expect(client.list('secrets')).rejects.toMatchObject({ code: 403 });
    const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'more', namespace: 'a' } };
    await expect(client.create('secrets', secret)).rejects.toMatchObject({ code: 403 });
    const role = {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRole',
      metadata: { name: 'more' },
      rules: [],
    };
    await expect(client.create('clusterroles.rbac.authorization.k8s.io', role)).rejects.toMatchObject({ code: 403 });
  });
});
