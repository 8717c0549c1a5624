import { afterAll, beforeAll, expect, test } from 'vitest';
import { pod, refusal, TestApi } from './support.ts';

let t: TestApi;
beforeAll(async () => {
  t = await TestApi.open();
});
afterAll(() => t.close());

const connect = (path: string, name: string, query = '') =>
  t.api.connect(t.ctx(), t.target(path, 't', name), { verb: 'create', query: new URLSearchParams(query) });

test("binding.puts a pod on a node, once, with the node's topology", async () => {
  await t.create('nodes', { metadata: { name: 'n1', labels: { 'topology.kubernetes.io/zone': 'z' } } }, '');
  await t.create('pods', pod('b'));
  const bind = (node: string) =>
    t.create('pods/binding', { metadata: { name: 'b' }, target: { kind: 'Node', name: node } }, 't', undefined, 'b');
  expect((await bind('n1')).object).toMatchObject({ status: 'Success', code: 201 });
  const { object } = await t.get('pods', 'b');
  expect(object['spec'].nodeName).toBe('n1');
  expect(object.metadata.labels).toEqual({ 'topology.kubernetes.io/zone': 'z' });
  expect(object['status'].conditions).toMatchObject([{ type: 'PodScheduled', status: 'True' }]);
  expect((await refusal(bind('n2'))).message).toBe(
    'Operation cannot be fulfilled on pods/binding "b": pod b is already assigned to node "n1"',
  );
});

test('eviction.asks the disruption budget', async () => {
  const ready = { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] };
  await t.create('pods', pod('e', { nodeName: 'n1' }, { labels: { app: 'e' } }));
  await t.merge('pods/status', 'e', { status: ready });
  await t.create('poddisruptionbudgets.policy', {
    metadata: { name: 'pdb' },
    spec: { minAvailable: 1, selector: { matchLabels: { app: 'e' } } },
  });
  const evict = () => t.create('pods/eviction', { metadata: { name: 'e' } }, 't', undefined, 'e');
  await t.merge('poddisruptionbudgets.policy/status', 'pdb', {
    status: { observedGeneration: 1, disruptionsAllowed: 0, currentHealthy: 1, desiredHealthy: 1, expectedPods: 1 },
  });
  expect(await refusal(evict())).toMatchObject({
    code: 429,
    reason: 'TooManyRequests',
    message: "Cannot evict pod as it would violate the pod's disruption budget.",
    details: {
      causes: [
        { reason: 'DisruptionBudget', message: 'The disruption budget pdb needs 1 healthy pods and has 1 currently' },
      ],
    },
  });
  await t.merge('poddisruptionbudgets.policy/status', 'pdb', { status: { disruptionsAllowed: 1 } });
  expect((await evict()).object).toMatchObject({ status: 'Success' });
  expect((await t.get('pods', 'e')).object.metadata.deletionTimestamp).toBeDefined();
  expect((await t.get('poddisruptionbudgets.policy', 'pdb')).object['status']).toMatchObject({
    disruptionsAllowed: 0,
    disruptedPods: { e: expect.any(String) as string },
  });
  // the server's own write is owned by the server
  const { managedFields } = (await t.get('poddisruptionbudgets.policy', 'pdb')).object.metadata;
  expect(managedFields).toContainEqual(
    expect.objectContaining({
      manager: 'kube-apiserver',
      operation: 'Update',
      apiVersion: 'policy/v1',
      subresource: 'status',
      fieldsV1: {
        'f:status': expect.objectContaining({
          'f:disruptedPods': { '.': {}, 'f:e': {} },
          'f:disruptionsAllowed': {},
        }) as unknown,
      },
    }),
  );
});

test.each([
  ['policy/v1', undefined],
  ['policy/v1beta1', undefined],
  [
    'policy/v1alpha1',
    'no kind "Eviction" is registered for version "policy/v1alpha1" in scheme "pkg/runtime/scheme.go:111"',
  ],
])('eviction.takes a body of %s', async (apiVersion, why) => {
  await t.create('pods', pod('old'));
  const body = { apiVersion, kind: 'Eviction', metadata: { name: 'old' } };
  const evicted = t.create('pods/eviction', body, 't', undefined, 'old');
  if (why) {
    expect((await refusal(evicted)).message).toContain(why);
    await t.delete('pods', 'old');
  } else expect((await evicted).object).toMatchObject({ status: 'Success' });
});

test('scale.refuses what is no number of replicas', async () => {
  const spec = {
    selector: { matchLabels: { a: 'b' } },
    template: { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'i' }] } },
  };
  await t.create('replicasets.apps', { metadata: { name: 'rs' }, spec });
  expect((await refusal(t.merge('replicasets.apps/scale', 'rs', { spec: { replicas: -1 } }))).message).toBe(
    'Scale.autoscaling "rs" is invalid: spec.replicas: Invalid value: -1: must be greater than or equal to 0',
  );
});

test("connect.leads to the node's agent", async () => {
  await t.merge('nodes/status', 'n1', {
    status: {
      addresses: [{ type: 'InternalIP', address: '10.1.2.3' }],
      daemonEndpoints: { kubeletEndpoint: { Port: 12345 } },
    },
  });
  const two = {
    containers: [
      { name: 'a', image: 'i' },
      { name: 'b', image: 'i' },
    ],
    nodeName: 'n1',
  };
  await t.create('pods', pod('two', two));
  expect((await connect('pods/log', 'two', 'container=b&tailLines=3')).url.href).toBe(
    'https://10.1.2.3:12345/containerLogs/t/two/b?tailLines=3',
  );
  expect((await connect('pods/exec', 'two', 'container=a&command=sh&command=-c&stdin=true&tty=true')).url.href).toBe(
    'https://10.1.2.3:12345/exec/t/two/a?input=1&tty=1&command=sh&command=-c',
  );
  expect((await connect('pods/portforward', 'two', 'ports=80')).url.href).toBe(
    'https://10.1.2.3:12345/portForward/t/two?port=80',
  );
  expect((await refusal(connect('pods/log', 'two'))).message).toBe(
    'a container name must be specified for pod two, choose one of: [a b]',
  );
  expect((await refusal(connect('pods/log', 'two', 'container=z'))).message).toBe(
    'container z is not valid for pod two',
  );
  expect((await refusal(connect('pods/log', 'none'))).code).toBe(404);
  await t.create('pods', pod('floating'));
  expect((await refusal(connect('pods/exec', 'floating', 'command=sh'))).message).toBe(
    'pod floating does not have a host assigned',
  );
});
