import { afterAll, beforeAll, expect, test } from 'vitest';
import type { KubeObject } from '../../../src/meta/object.ts';
import { TestGraphQL } from './support.ts';

let g: TestGraphQL;
beforeAll(async () => {
  g = await TestGraphQL.open();
});
afterAll(() => g.close());

const codeOf = async (mutation: string): Promise<number | undefined> =>
  (await g.run(`mutation { ${mutation} }`)).errors?.[0]?.extensions.code;

test('an apply tells its conflicts as data, and what else is wrong as an error', async () => {
  const apply = (manager: string, image: string, more = '') =>
    g.run<{ tryApplyPod: unknown }>(`mutation {
      tryApplyPod(namespace: "t", fieldManager: "${manager}"${more}, object: {metadata: {name: "p"}, spec: {containers: [{name: "c", image: "${image}"}]}}) {
        object { metadata { name } } conflicts { manager field message }
      }
    }`);
  const fine = { object: { metadata: { name: 'p' } }, conflicts: [] };
  expect((await apply('one', 'a')).data.tryApplyPod).toEqual(fine);
  expect((await apply('two', 'b')).data.tryApplyPod).toEqual({
    object: null,
    conflicts: [
      {
        manager: 'one',
        field: '.spec.containers[name="c"].image',
        message: 'conflict with "one"',
      },
    ],
  });
  expect((await apply('two', 'b', ', force: true')).data.tryApplyPod).toEqual(fine);
  const { errors } = await apply('two', 'b', ', name: "other"');
  expect(errors?.[0]?.extensions.code).toBe(400);
});

test.each(['MERGE', 'STRATEGIC', 'JSON'])('a %s patch is done only where the object is what was said', async (type) => {
  const name = type.toLowerCase();
  const { object } = await g.t.create('configmaps', { metadata: { name }, data: { a: '1' } });
  const patch = type === 'JSON' ? '[{op: "add", path: "/data/b", value: "2"}]' : '{data: {b: "2"}}';
  const field = (more: string) =>
    `patchConfigMap(namespace: "t", name: "${name}", type: ${type}, patch: ${patch}${more}) { metadata { name } }`;
  expect(await codeOf(field(', resourceVersion: "1"'))).toBe(409);
  expect(await codeOf(field(', uid: "11111111-2222-3333-4444-555555555555"'))).toBeGreaterThanOrEqual(409);
  const { uid, resourceVersion } = object.metadata;
  expect(await codeOf(field(`, uid: "${uid}", resourceVersion: "${resourceVersion}"`))).toBeUndefined();
  expect((await g.t.get('configmaps', name)).object.data).toEqual({ a: '1', b: '2' });
});

test('one field that fails hides nothing of the others', async () => {
  const { data, errors } = await g.run(`mutation {
    a: createObject(resource: "configmaps", namespace: "t", object: {metadata: {name: "n1"}})
    b: createObject(resource: "configmaps", namespace: "t", object: {metadata: {name: "n1"}})
    c: createConfigMap(namespace: "t", object: {metadata: {name: "n1"}}) { metadata { name } }
    d: createConfigMap(namespace: "t", object: {metadata: {name: "n2"}}) { metadata { name } }
  }`);
  expect(data).toMatchObject({ a: { kind: 'ConfigMap' }, b: null, c: null, d: { metadata: { name: 'n2' } } });
  expect(errors?.map(({ path }) => path)).toEqual([['b'], ['c']]);
});

test('a scale is written, from what it was said to be', async () => {
  const template = { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'i' }] } };
  const spec = { replicas: 2, selector: { matchLabels: { a: 'b' } }, template };
  await g.t.create('deployments.apps', { metadata: { name: 'd' }, spec });
  expect(await codeOf('scaleDeployment(namespace: "t", name: "d", replicas: 5, currentReplicas: 3)')).toBe(409);
  const dry = await g.data<{ scaleDeployment: KubeObject }>(
    'mutation { scaleDeployment(namespace: "t", name: "d", replicas: 5, currentReplicas: 2, dryRun: true) }',
  );
  expect(dry.scaleDeployment).toMatchObject({ kind: 'Scale', spec: { replicas: 5 } });
  expect((await g.t.get('deployments.apps', 'd')).object.spec.replicas).toBe(2);
  expect(await codeOf('scaleDeployment(namespace: "t", name: "d", replicas: 5, currentReplicas: 2)')).toBeUndefined();
  expect((await g.t.get('deployments.apps', 'd')).object.spec.replicas).toBe(5);
});

test('a node is cordoned once, and a pod bound and evicted', async () => {
  await g.t.create('nodes', { metadata: { name: 'node-1' } }, '');
  const version = async (): Promise<string> => (await g.t.get('nodes', 'node-1', '')).object.metadata.resourceVersion;
  expect(await codeOf('cordonNode(name: "node-1") { spec { unschedulable } }')).toBeUndefined();
  const before = await version();
  expect(await codeOf('cordonNode(name: "node-1") { spec { unschedulable } }')).toBeUndefined();
  expect(await version()).toBe(before);
  const { uncordonNode } = await g.data<{ uncordonNode: unknown }>(
    'mutation { uncordonNode(name: "node-1") { spec { unschedulable } } }',
  );
  expect(uncordonNode).toEqual({ spec: { unschedulable: null } });

  await g.t.create('pods', { metadata: { name: 'q' }, spec: { containers: [{ name: 'c', image: 'i' }] } });
  const { bindPod } = await g.data<{ bindPod: unknown }>(
    'mutation { bindPod(namespace: "t", name: "q", node: "node-1") }',
  );
  expect(bindPod).toMatchObject({ kind: 'Status', status: 'Success' });
  expect((await g.t.get('pods', 'q')).object.spec.nodeName).toBe('node-1');
  expect(await codeOf('evictPod(namespace: "t", name: "q", uid: "11111111-2222-3333-4444-555555555555")')).toBe(409);
  expect(await codeOf('evictPod(namespace: "t", name: "q", gracePeriodSeconds: 0)')).toBeUndefined();
  expect(g.t.api.store.get({ resource: 'pods', namespace: 't', name: 'q' })).toBeUndefined();
});
