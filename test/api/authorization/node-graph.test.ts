import { afterAll, beforeAll, expect, it } from 'vitest';
import { NodeGraph } from '../../../src/api/authorization/node-graph.ts';
import { pod, TestApi } from '../support.ts';

let t: TestApi;
let graph: NodeGraph;
const told: (string | undefined)[] = [];
const secret = (node: string, name: string, namespace = 't'): boolean =>
  graph.reaches(node, 'secrets', namespace, name);
const withSecret = (name: string, node: string, secretName: string) =>
  t.create(
    'pods',
    pod(name, {
      nodeName: node,
      volumes: [{ name: 's', secret: { secretName } }],
      automountServiceAccountToken: false,
    }),
  );
const volume = (claim: string) => ({
  metadata: { name: 'v' },
  spec: {
    accessModes: ['ReadWriteOnce'],
    capacity: { storage: '1Gi' },
    claimRef: { kind: 'PersistentVolumeClaim', namespace: 't', name: claim },
    csi: { driver: 'd', volumeHandle: 'h', nodeStageSecretRef: { name: 'stage', namespace: 'o' } },
  },
});
const now = { gracePeriodSeconds: 0 };

beforeAll(async () => {
  t = await TestApi.open();
  // one pod is there before the graph is
  await withSecret('first', 'n1', 'a');
  graph = new NodeGraph(t.api.store);
  graph.onLessened((node) => told.push(node));
});
afterAll(async () => {
  graph.close();
  await t.close();
});

it('leads from a node to what its pods refer to, as long as one of them does', async () => {
  await withSecret('second', 'n1', 'a');
  await withSecret('other', 'n2', 'b');
  expect([secret('n1', 'a'), secret('n1', 'b'), secret('n2', 'b'), secret('n3', 'a')]).toEqual([
    true,
    false,
    true,
    false,
  ]);
  expect([secret('n1', 'a', 'o'), graph.hasPod('n1', 't', 'first'), graph.hasPod('n2', 't', 'first')]).toEqual([
    false,
    true,
    false,
  ]);
  await t.delete('pods', 'first', now);
  expect([secret('n1', 'a'), graph.hasPod('n1', 't', 'first')]).toEqual([true, false]);
  await t.delete('pods', 'second', now);
  expect([secret('n1', 'a'), told.splice(0)]).toEqual([false, ['n1', 'n1']]);
});

it('takes a pod that is bound later, and what an ephemeral container names', async () => {
  await t.create(
    'pods',
    pod('late', { automountServiceAccountToken: false, volumes: [{ name: 's', secret: { secretName: 'c' } }] }),
  );
  expect(secret('n1', 'c')).toBe(false);
  const target = { kind: 'Node', name: 'n1' };
  await t.create('pods/binding', { metadata: { name: 'late' }, target }, 't', undefined, 'late');
  expect(secret('n1', 'c')).toBe(true);
  const debug = { name: 'd', image: 'i', envFrom: [{ secretRef: { name: 'd' } }] };
  await t.merge('pods/ephemeralcontainers', 'late', { spec: { ephemeralContainers: [debug] } });
  expect(secret('n1', 'd')).toBe(true);
  expect(told.splice(0)).toEqual([]);
  await t.delete('pods', 'late', now);
  expect([secret('n1', 'c'), secret('n1', 'd')]).toEqual([false, false]);
  told.splice(0);
});

it('leads over a claim to its volume and the Secret that mounts it, which every node may lose with the volume', async () => {
  const volumes = [{ name: 'p', persistentVolumeClaim: { claimName: 'claim' } }];
  await t.create('pods', pod('claims', { nodeName: 'n1', volumes, automountServiceAccountToken: false }));
  await t.create('persistentvolumes', volume('claim'), '');
  expect([graph.reachesVolume('n1', 'v'), graph.reachesVolume('n2', 'v')]).toEqual([true, false]);
  expect([secret('n1', 'stage', 'o'), secret('n1', 'stage'), secret('n2', 'stage', 'o')]).toEqual([true, false, false]);
  await t.merge('persistentvolumes', 'v', { spec: { claimRef: { name: 'another' } } }, '');
  expect([graph.reachesVolume('n1', 'v'), secret('n1', 'stage', 'o'), told.splice(0)]).toEqual([
    false,
    false,
    [undefined],
  ]);
});

it('holds nothing of what is gone', async () => {
  for (const name of ['claims', 'other']) await t.delete('pods', name, now);
  await t.merge('persistentvolumes', 'v', { metadata: { finalizers: null } }, '');
  await t.delete('persistentvolumes', 'v', {}, '');
  expect(graph.size()).toEqual({ pods: 0, nodes: 0, references: 0, volumes: 0 });
});
