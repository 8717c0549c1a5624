import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { User } from '../../src/api/contract.ts';
import { pod, refusal, TestApi } from './support.ts';

let t: TestApi;
beforeAll(async () => {
  t = await TestApi.open();
});
afterAll(() => t.close());

const NOT_READY = 'node.kubernetes.io/not-ready';
const mirror = { annotations: { 'kubernetes.io/config.mirror': 'x' } };
const claim = (name: string, size = '1Gi', spec = {}) => ({
  metadata: { name },
  spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: size } }, ...spec },
});
const isDefault = (prefix: string) => ({ [`${prefix}.kubernetes.io/is-default-class`]: 'true' });
const message = async (call: Promise<unknown>): Promise<string | undefined> => (await refusal(call)).message;

test('DefaultStorageClass.is for claims that name none, not even an empty one', async () => {
  const annotations = isDefault('storageclass');
  await t.create('storageclasses.storage.k8s.io', { metadata: { name: 'b', annotations }, provisioner: 'x/y' });
  await t.create('storageclasses.storage.k8s.io', { metadata: { name: 'a' }, provisioner: 'x/y' });
  const { object } = await t.create('persistentvolumeclaims', claim('silent'));
  expect(object.spec.storageClassName).toBe('b');
  expect(object.metadata.finalizers).toEqual(['kubernetes.io/pvc-protection']);
  const none = await t.create('persistentvolumeclaims', claim('none', '1Gi', { storageClassName: '' }));
  expect(none.object.spec.storageClassName).toBe('');
});

test('PersistentVolumeClaimResize.wants a bound claim, and a class that allows it', async () => {
  for (const [name, allowVolumeExpansion] of [
    ['grows', true],
    ['stays', false],
  ]) {
    const provisioner = 'x/y';
    await t.create('storageclasses.storage.k8s.io', { metadata: { name }, provisioner, allowVolumeExpansion });
    await t.create('persistentvolumeclaims', claim(`r-${name}`, '1Gi', { storageClassName: name }));
  }
  const grow = (name: string) =>
    t.merge('persistentvolumeclaims', name, { spec: { resources: { requests: { storage: '2Gi' } } } });
  expect((await refusal(grow('r-grows'))).code).toBe(422);
  for (const name of ['r-grows', 'r-stays'])
    await t.merge('persistentvolumeclaims/status', name, { status: { phase: 'Bound' } });
  await grow('r-grows');
  expect((await refusal(grow('r-stays'))).message).toContain('only dynamically provisioned pvc can be resized');
});

test('DefaultIngressClass.is for ingresses that name none', async () => {
  const annotations = isDefault('ingressclass');
  await t.create('ingressclasses.networking.k8s.io', {
    metadata: { name: 'i', annotations },
    spec: { controller: 'x/y' },
  });
  const defaultBackend = { service: { name: 's', port: { number: 80 } } };
  const { object } = await t.create('ingresses.networking.k8s.io', {
    metadata: { name: 'i' },
    spec: { defaultBackend },
  });
  expect(object.spec.ingressClassName).toBe('i');
});

test('DefaultTolerationSeconds.adds what the pod does not say', async () => {
  const said = { key: NOT_READY, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 1 };
  const { object } = await t.create('pods', pod('tolerant', { tolerations: [said] }));
  expect(object.spec.tolerations).toEqual([
    said,
    { ...said, key: 'node.kubernetes.io/unreachable', tolerationSeconds: 300 },
  ]);
});

test('RuntimeClass.gives overhead and place, and contradicts a pod that says otherwise (PodSpec.runtimeClassName)', async () => {
  const scheduling = { nodeSelector: { x: '1' }, tolerations: [{ key: 'sandbox', operator: 'Exists' }] };
  const overhead = { podFixed: { cpu: '10m' } };
  await t.create('runtimeclasses.node.k8s.io', { metadata: { name: 'r' }, handler: 'h', overhead, scheduling });
  const { spec } = (await t.create('pods', pod('sandboxed', { runtimeClassName: 'r' }))).object;
  expect(spec.overhead).toEqual({ cpu: '10m' });
  expect(spec.nodeSelector).toEqual({ x: '1' });
  expect(spec.tolerations).toContainEqual(scheduling.tolerations[0]);
  const refused = (more: object) => message(t.create('pods', pod('p', more)));
  expect(await refused({ runtimeClassName: 'none' })).toContain('RuntimeClass "none" not found');
  expect(await refused({ overhead: { cpu: '1' } })).toContain('Pod Overhead set without corresponding');
  expect(await refused({ runtimeClassName: 'r', overhead: { cpu: '1' } })).toContain("doesn't match RuntimeClass's");
  expect(await refused({ runtimeClassName: 'r', nodeSelector: { x: '2' } })).toContain(
    'conflict: runtimeClass.scheduling.nodeSelector[x] = 1; pod.spec.nodeSelector[x] = 2',
  );
});

test('Priority.only one class is the default for all', async () => {
  const add = (name: string, value: number) =>
    t.create('priorityclasses.scheduling.k8s.io', { metadata: { name }, value, globalDefault: true });
  await add('first', 7);
  expect(await message(add('second', 8))).toContain('PriorityClass first is already marked as default');
  const { spec } = (await t.create('pods', pod('ranked'))).object;
  expect([spec.priority, spec.priorityClassName, spec.preemptionPolicy]).toEqual([7, 'first', 'PreemptLowerPriority']);
  expect(await message(t.create('pods', pod('p', { priority: 8 })))).toContain('must not be provided in pod spec');
  await t.delete('priorityclasses.scheduling.k8s.io', 'first');
});

test('PodTopologyLabels.a pod learns where its node is', async () => {
  const labels = { 'topology.kubernetes.io/zone': 'z', other: 'o' };
  await t.create('nodes', { metadata: { name: 'placed', labels } });
  await t.create('pods', pod('placed'));
  await t.create(
    'pods/binding',
    { metadata: { name: 'placed' }, target: { name: 'placed' } },
    't',
    undefined,
    'placed',
  );
  const { metadata, spec } = (await t.get('pods', 'placed')).object;
  expect([spec.nodeName, metadata.labels]).toEqual(['placed', { 'topology.kubernetes.io/zone': 'z' }]);
});

describe('PodSecurity.warns', () => {
  const spec = { hostPID: true, containers: [{ name: 'c', image: 'i' }], restartPolicy: 'OnFailure' };
  const template = { metadata: { labels: { a: 'b' } }, spec };
  const selector = { matchLabels: { a: 'b' } };
  const running = { metadata: template.metadata, spec: { ...spec, restartPolicy: 'Always' } };
  beforeAll(async () => {
    const labels = { 'pod-security.kubernetes.io/warn': 'baseline' };
    await t.create('namespaces', { metadata: { name: 'warned', labels } });
    await t.create('serviceaccounts', { metadata: { name: 'default' } }, 'warned');
  });
  test.each([
    ['podtemplates', { template }],
    ['deployments.apps', { spec: { selector, template: running } }],
    ['jobs.batch', { spec: { template } }],
    ['cronjobs.batch', { spec: { schedule: '* * * * *', jobTemplate: { spec: { template } } } }],
  ])('of the pods that %s make', async (resource, rest) => {
    t.warnings.length = 0;
    await t.create(resource, { metadata: { name: 'w' }, ...rest }, 'warned');
    expect(t.warnings).toContain('would violate PodSecurity "baseline:latest": host namespaces (hostPID=true)');
  });
  test('of the pods that are there already', async () => {
    await t.create('pods', { metadata: { name: 'there' }, spec }, 'warned');
    t.warnings.length = 0;
    const labels = { 'pod-security.kubernetes.io/enforce': 'baseline' };
    await t.merge('namespaces', 'warned', { metadata: { labels } });
    expect(t.warnings).toEqual([
      'existing pods in namespace "warned" violate the new PodSecurity enforce level "baseline:latest"',
      'there: host namespaces',
    ]);
  });
});

describe('NodeRestriction.a node', () => {
  const agent: User = { name: 'system:node:own', groups: ['system:nodes', 'system:masters', 'system:authenticated'] };
  const make = (object: unknown) => message(t.create('pods', object, 't', agent));
  beforeAll(async () => {
    const { object } = await t.create('nodes', { metadata: { name: 'own' } }, '', agent);
    expect(object.spec.taints).toEqual([{ key: NOT_READY, effect: 'NoSchedule' }]);
    await t.create('nodes', { metadata: { name: 'foreign' } });
    await t.create('pods', pod('foreign', { nodeName: 'foreign' }));
    await t.create('pods', pod('own', { nodeName: 'own' }));
  });
  test('makes mirror pods of its own alone', async () => {
    expect(await make(pod('m', { nodeName: 'own' }))).toContain('can only create mirror pods');
    expect(await make(pod('m', { nodeName: 'foreign' }, mirror))).toContain('spec.nodeName set to itself');
    const { uid } = (await t.get('nodes', 'own', '')).object.metadata;
    const ownerReferences = [{ apiVersion: 'v1', kind: 'Node', name: 'own', uid, controller: true }];
    const { object } = await t.create(
      'pods',
      pod('m', { nodeName: 'own' }, { ...mirror, ownerReferences }),
      't',
      agent,
    );
    expect(object.spec.serviceAccountName).toBeUndefined();
    expect(await make(pod('n', { nodeName: 'own', serviceAccountName: 'default' }, mirror))).toContain(
      'a mirror pod may not reference service accounts',
    );
  });
  test('changes its own pods alone', async () => {
    const status = { status: { phase: 'Running' } };
    await t.merge('pods/status', 'own', status, 't', agent);
    expect(await message(t.merge('pods/status', 'foreign', status, 't', agent))).toContain(
      'can only update pod status for',
    );
    expect(await message(t.delete('pods', 'foreign', {}, 't', agent))).toContain('can only delete pods');
  });
  test('does not change its taints, its protected labels, or another node', async () => {
    const change = (name: string, value: object) => message(t.merge('nodes', name, value, '', agent));
    expect(await change('own', { spec: { taints: [] } })).toContain('is not allowed to modify taints');
    for (const label of ['node-restriction.kubernetes.io/x', 'x.k8s.io/y'])
      expect(await change('own', { metadata: { labels: { [label]: '1' } } })).toContain(
        `is not allowed to modify labels: ${label}`,
      );
    await t.merge('nodes', 'own', { metadata: { labels: { plain: '1', 'kubelet.kubernetes.io/x': '1' } } }, '', agent);
    expect(await change('foreign', {})).toContain('node "own" is not allowed to modify node "foreign"');
  });
});
