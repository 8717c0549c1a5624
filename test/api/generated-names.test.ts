import { afterAll, beforeAll, expect, test } from 'vitest';
import { refusal, TestApi } from './support.ts';

let t: TestApi;
beforeAll(async () => {
  t = await TestApi.open();
});
afterAll(() => t.close());

const crd = {
  group: 'example.com',
  scope: 'Namespaced',
  names: { plural: 'things', singular: 'thing', kind: 'Thing', listKind: 'ThingList' },
  versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } }],
};
const apiService = { group: 'a.b', version: 'v1', groupPriorityMinimum: 1, versionPriority: 1 };

/** Kinds that have rules of their own for what a name is made of, as kube-apiserver 1.35.4 has them. */
test.each<[resource: string, rest: object, generateName: string, fields: string[]]>([
  ['configmaps', {}, 'A', ['generateName', 'name']],
  ['configmaps', {}, 'a.', ['generateName']],
  ['deviceclasses.resource.k8s.io', { spec: {} }, 'A', ['name']],
  ['apiservices.apiregistration.k8s.io', { spec: apiService }, 'a', ['generateName', 'name']],
  ['customresourcedefinitions.apiextensions.k8s.io', { spec: crd }, 'a', ['generateName', 'name']],
  [
    'customresourcedefinitions.apiextensions.k8s.io',
    { spec: crd },
    'A',
    ['generateName', 'generateName', 'name', 'name'],
  ],
  ['clusterroles.rbac.authorization.k8s.io', {}, '..', ['generateName']],
])('%s %j made of %j is told %j', async (resource, rest, generateName, fields) => {
  const namespace = resource === 'configmaps' ? undefined : '';
  const { details } = await refusal(t.create(resource, { ...rest, metadata: { generateName } }, namespace));
  expect(details?.causes?.map(({ field }) => field)).toEqual(fields.map((field) => `metadata.${field}`));
});

test('what a device class is made of need not be a name itself', async () => {
  const { object } = await t.create(
    'deviceclasses.resource.k8s.io',
    { spec: {}, metadata: { generateName: 'a.' } },
    '',
  );
  expect(object.metadata.name).toMatch(/^a\../);
});
