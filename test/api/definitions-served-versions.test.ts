import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { FakeApi } from '../support/fake-api.ts';

const SERVICES = 'apiservices.apiregistration.k8s.io';
const DEFINITIONS = 'customresourcedefinitions.apiextensions.k8s.io';
const GROUP = 'example.com';

const LONG = { timeout: 60_000 };

let fake: FakeApi;
beforeEach(async () => {
  fake = await FakeApi.open();
});
afterEach(() => fake.api.close());

const version = (name: string, served = true) => ({
  name,
  served,
  storage: name === 'v1',
  schema: { openAPIV3Schema: { type: 'object' } },
});
const define = (plural: string, kind: string, ...versions: object[]) =>
  fake.give({
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${GROUP}` },
    spec: {
      group: GROUP,
      scope: 'Namespaced',
      names: { plural, singular: kind.toLowerCase(), kind, listKind: `${kind}List` },
      versions,
    },
  });
const apiService = (name: string, spec: object, labels = {}) => ({
  apiVersion: 'apiregistration.k8s.io/v1',
  kind: 'APIService',
  metadata: { name: `${name}.${GROUP}`, labels },
  spec: { group: GROUP, version: name, ...spec },
});
/** Until these are the APIServices of the group. */
const owns = (...versions: string[]) =>
  vi.waitFor(() => {
    const names = fake.store.list({ resource: SERVICES }).items.map(({ name }) => name);
    expect(names.filter((name) => name.endsWith(GROUP))).toEqual(versions.map((name) => `${name}.${GROUP}`));
  }, LONG);

test('each built-in group and version has an APIService, which is available', async () => {
  const { items } = await fake.client.list(SERVICES);
  const served = fake.api.registry
    .groups()
    // the group of APIServices itself is served and listed nowhere
    .filter(({ group }) => group !== 'apiregistration.k8s.io')
    .flatMap(({ group, versions }) => versions.map((v) => `${v}.${group}`));
  expect(items.map(({ metadata }) => metadata.name)).toEqual(served.sort());
  const core = items.find(({ metadata }) => metadata.name === 'v1.');
  expect(core).toMatchObject({
    metadata: { labels: { 'kube-aggregator.kubernetes.io/automanaged': 'onstart' } },
    spec: { version: 'v1', groupPriorityMinimum: 18_000, versionPriority: 1 },
  });
  for (const { spec, status } of items) {
    expect(spec?.service).toBeUndefined();
    expect(status?.conditions).toMatchObject([{ type: 'Available', status: 'True', reason: 'Local' }]);
  }
});

test('versions that definitions serve have one each, as long as one of them does', async () => {
  await define('as', 'A', version('v1'), version('v2', false));
  await define('bs', 'B', version('v1'), version('v3'));
  await owns('v1', 'v3');
  expect(await fake.client.get(SERVICES, '', `v3.${GROUP}`)).toMatchObject({
    metadata: { labels: { 'kube-aggregator.kubernetes.io/automanaged': 'true' } },
    spec: { group: GROUP, version: 'v3', groupPriorityMinimum: 1000, versionPriority: 100 },
  });

  const versions = [version('v1'), version('v2')];
  await fake.client.patch(DEFINITIONS, '', `as.${GROUP}`, { spec: { versions } }, { type: 'merge' });
  await owns('v1', 'v2', 'v3');

  await fake.client.delete(DEFINITIONS, '', `bs.${GROUP}`);
  await owns('v1', 'v2');
  await fake.client.delete(DEFINITIONS, '', `as.${GROUP}`);
  await owns();
});

test('one that somebody deletes or changes is made anew, one that somebody has made stays as it is', async () => {
  await define('as', 'A', version('v1'));
  await owns('v1');
  const { metadata } = await fake.client.get(SERVICES, '', `v1.${GROUP}`);
  await fake.client.delete(SERVICES, '', `v1.${GROUP}`);
  await vi.waitFor(async () => {
    const again = await fake.client.get(SERVICES, '', `v1.${GROUP}`);
    expect(again.metadata.uid).not.toBe(metadata.uid);
  }, LONG);
  await fake.client.patch(SERVICES, '', `v1.${GROUP}`, { spec: { groupPriorityMinimum: 7 } }, { type: 'merge' });
  await vi.waitFor(async () => {
    const { spec } = await fake.client.get(SERVICES, '', `v1.${GROUP}`);
    expect(spec?.groupPriorityMinimum).toBe(1000);
  }, LONG);

  const service = { namespace: 'a', name: 's', port: 443 };
  await fake.give(apiService('v2', { groupPriorityMinimum: 5, versionPriority: 5, service }));
  await define('bs', 'B', version('v1', false), version('v2'), version('v3'));
  await owns('v1', 'v2', 'v3');
  await fake.client.delete(DEFINITIONS, '', `bs.${GROUP}`);
  await owns('v1', 'v2');
  expect(await fake.client.get(SERVICES, '', `v2.${GROUP}`)).toMatchObject({ spec: { groupPriorityMinimum: 5 } });
});

test('one that is said to be kept, and that no definition wants, goes', async () => {
  const labels = { 'kube-aggregator.kubernetes.io/automanaged': 'true' };
  await fake.give(apiService('v1', { groupPriorityMinimum: 5, versionPriority: 5 }, labels));
  await owns();
});
