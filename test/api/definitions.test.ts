import { afterAll, beforeAll, expect, test } from 'vitest';
import { newObject } from '../../src/api/new-object.ts';
import { refusal, TestApi } from './support.ts';

let t: TestApi;
beforeAll(async () => {
  t = await TestApi.open();
});
afterAll(() => t.close());

const DEFINITIONS = 'customresourcedefinitions.apiextensions.k8s.io';
const spec = {
  type: 'object',
  properties: {
    spec: { type: 'object', properties: { size: { type: 'integer', default: 3 } } },
    status: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
  },
};
/** nothing has a default */
const OPEN = { properties: { spec: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } } };
const definition = (plural: string, kind: string) => ({
  metadata: { name: `${plural}.example.com` },
  spec: {
    group: 'example.com',
    scope: 'Namespaced',
    names: { plural, singular: kind.toLowerCase(), kind, listKind: `${kind}List` },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: { openAPIV3Schema: spec },
        subresources: { status: {}, scale: { specReplicasPath: '.spec.size', statusReplicasPath: '.status.size' } },
      },
    ],
  },
});

/** Resolves when the registry has, or no longer has, a resource. */
function served(resource: string, wanted: boolean): Promise<void> {
  const { registry } = t.api;
  const is = () => (registry.preferred(resource) !== undefined) === wanted;
  if (is()) return Promise.resolve();
  return new Promise((resolve) => {
    const stop = registry.onChange(() => {
      if (!is()) return;
      stop();
      resolve();
    });
  });
}

test('a definition is established, its objects are served, and they go with it', async () => {
  await t.create(DEFINITIONS, definition('widgets', 'Widget'), '');
  await served('widgets.example.com', true);
  const established = (await t.get(DEFINITIONS, 'widgets.example.com', '')).object;
  expect(established['status'].conditions).toMatchObject([
    { type: 'NamesAccepted', status: 'True', reason: 'NoConflicts', message: 'no conflicts found' },
    {
      type: 'Established',
      status: 'True',
      reason: 'InitialNamesAccepted',
      message: 'the initial names have been accepted',
    },
  ]);
  expect(established['status']).toMatchObject({
    acceptedNames: { plural: 'widgets', kind: 'Widget' },
    storedVersions: ['v1'],
  });
  // who establishes it owns what that changes, and nothing of the spec
  const owners = (established.metadata.managedFields ?? []).map(({ manager, subresource, fieldsV1 }) => ({
    owner: `${manager} ${subresource ?? ''}`,
    fields: Object.keys(fieldsV1 ?? {}),
    below: Object.keys((fieldsV1 as Record<string, object> | undefined)?.['f:status'] ?? {}),
  }));
  expect(owners).toEqual([
    {
      owner: 'kube-apiserver status',
      fields: ['f:status'],
      below: ['f:acceptedNames', 'f:conditions'],
    },
    { owner: 'test ', fields: ['f:spec'], below: [] },
  ]);
  const { object } = await t.create('widgets.example.com', { metadata: { name: 'w' }, spec: {} });
  expect(object).toMatchObject({
    apiVersion: 'example.com/v1',
    kind: 'Widget',
    metadata: { generation: 1 },
    spec: { size: 3 },
  });
  expect((await t.merge('widgets.example.com/scale', 'w', { spec: { replicas: 5 } })).object['spec']).toEqual({
    replicas: 5,
  });
  expect((await t.get('widgets.example.com', 'w')).object['spec']).toEqual({ size: 5 });
  const going = await t.delete(DEFINITIONS, 'widgets.example.com', {}, '');
  expect(going.object.metadata.finalizers).toEqual(['customresourcecleanup.apiextensions.k8s.io']);
  await served('widgets.example.com', false);
  expect(t.api.store.count({ resource: 'widgets.example.com' })).toBe(0);
  expect((await refusal(t.get(DEFINITIONS, 'widgets.example.com', ''))).code).toBe(404);
});

test('a scale whose path is absent cannot be read, but written', async () => {
  const gadgets = definition('gadgets', 'Gadget');
  const [version] = gadgets.spec.versions;
  await t.create(DEFINITIONS, {
    ...gadgets,
    spec: { ...gadgets.spec, versions: [{ ...version, schema: { openAPIV3Schema: { ...spec, ...OPEN } } }] },
  });
  await served('gadgets.example.com', true);
  await t.create('gadgets.example.com', { metadata: { name: 'g' } });
  expect(await refusal(t.get('gadgets.example.com/scale', 'g'))).toMatchObject({
    code: 500,
    message: 'Internal error occurred: the spec replicas field ".spec.size" does not exist',
  });
  const scale = { ...newObject({ name: 'g', namespace: 't' }), spec: { replicas: 2 } };
  expect((await t.update('gadgets.example.com/scale', scale)).object['spec']).toEqual({ replicas: 2 });
  expect((await t.get('gadgets.example.com/scale', 'g')).object['spec']).toEqual({ replicas: 2 });
});

test.each([
  ['x', 'string'],
  [1, 'number'],
  [[], 'array'],
  [true, 'bool'],
])('the status subresource of a definition is a struct, and not %j', async (status, type) => {
  const wrong = definition('structs', 'Struct');
  Object.assign(wrong.spec.versions[0]!.subresources, { status });
  expect((await refusal(t.create(DEFINITIONS, wrong, ''))).message).toContain(
    `json: cannot unmarshal ${type} into Go struct field CustomResourceSubresources.spec.versions.subresources.status of type v1.CustomResourceSubresourceStatus`,
  );
});

test('nothing is kept in the status subresource of a definition', async () => {
  const more = definition('structs', 'Struct');
  Object.assign(more.spec.versions[0]!.subresources, { status: { a: 1 } });
  const { object } = await t.create(DEFINITIONS, more, '');
  expect((object['spec'] as typeof more.spec).versions[0]!.subresources.status).toEqual({});
});
