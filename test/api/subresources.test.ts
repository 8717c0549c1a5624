import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
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

describe('eviction', () => {
  const name = 'leaves';
  const ready = { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] };
  const evict = (body: object = {}, query = {}) =>
    t.api.create(
      t.ctx(),
      t.target('pods/eviction', 't', name),
      { object: { metadata: { name }, ...body } as never },
      query,
    );
  beforeEach(async () => {
    await t.create('pods', pod(name, { nodeName: 'n1' }, { labels: { app: 'leaves' } }));
    await t.merge('pods/status', name, { status: ready });
  });
  afterEach(() => t.delete('pods', name, { gracePeriodSeconds: 0 }));

  test.each<[string, object, object, number, string]>([
    [
      'of another namespace',
      { metadata: { name, namespace: 'other' } },
      {},
      400,
      'the namespace of the provided object does not match the namespace sent on the request',
    ],
    ['of another pod', { metadata: { name: 'x' } }, {}, 400, 'name in URL does not match name in Eviction object'],
    [
      'under options that do not go together',
      { deleteOptions: { propagationPolicy: 'Foreground', orphanDependents: true } },
      {},
      422,
      'DeleteOptions.meta.k8s.io "" is invalid: propagationPolicy: Invalid value: "Foreground": orphanDependents and deletionPropagation cannot be both set',
    ],
    [
      'with two dry runs that differ',
      { deleteOptions: { dryRun: ['All', 'All'] } },
      { dryRun: ['All'] },
      500,
      'Non-matching dry-run options in request and content: [All] and [All All]',
    ],
    [
      'with a dry run that is none',
      { deleteOptions: { dryRun: ['x'] } },
      {},
      422,
      'DeleteOptions.meta.k8s.io "" is invalid: dryRun: Unsupported value: ["x"]: supported values: "All"',
    ],
    [
      'with a query that is none',
      {},
      { dryRun: ['x'] },
      422,
      'CreateOptions.meta.k8s.io "" is invalid: dryRun: Unsupported value: ["x"]: supported values: "All"',
    ],
    [
      'of what cannot be read',
      { deleteOptions: { ignoreStoreReadErrorWithClusterBreakingPotential: true } },
      {},
      422,
      'Eviction.policy "leaves" is invalid: deleteOptions.ignoreStoreReadErrorWithClusterBreakingPotential: Invalid value: true: can not be set for pod eviction, try after removing the option',
    ],
    [
      'of a version that is not its own any more',
      { apiVersion: 'policy/v1beta1', kind: 'Eviction', deleteOptions: [] },
      {},
      400,
      'Eviction in version "v1beta1" cannot be handled as a Eviction: json: cannot unmarshal array into Go struct field Eviction.deleteOptions of type v1.DeleteOptions',
    ],
  ])('%s is refused', async (_, body, query, code, message) => {
    expect(await refusal(evict(body, query))).toMatchObject({ code, message });
  });

  test.each([
    [{ uid: 'x' }, /^Operation cannot be fulfilled on Pod "leaves": the UID in the precondition \(x\) does not match/],
    [{ uid: '' }, /the UID in the precondition \(\) does not match/],
    [{ resourceVersion: '1' }, /the ResourceVersion in the precondition \(1\) does not match/],
  ])('of another state is refused: %o', async (preconditions, message) => {
    const refused = await refusal(evict({ deleteOptions: { preconditions } }));
    expect(refused.code).toBe(409);
    expect(refused.message).toMatch(message);
  });

  test('says in the pod why it goes, and a dry run does not', async () => {
    const conditions = async () => (await t.get('pods', name)).object['status'].conditions;
    await evict({ deleteOptions: { dryRun: ['All'] } });
    expect(await conditions()).toHaveLength(1);
    const { resourceVersion } = (await t.get('pods', name)).object.metadata;
    await evict({ deleteOptions: { preconditions: { resourceVersion } } });
    expect(await conditions()).toContainEqual({
      type: 'DisruptionTarget',
      status: 'True',
      lastProbeTime: null,
      lastTransitionTime: expect.any(String) as string,
      reason: 'EvictionByEvictionAPI',
      message: 'Eviction API: evicting',
    });
  });

  test.each<[string, object, string]>([
    [
      'that is not to be trusted',
      { status: 'False', reason: 'SyncFailed', message: 'boom' },
      ' because it failed sync: boom',
    ],
    ['that says why', { status: 'False', reason: 'Why', message: 'because' }, ' (Why): because'],
    ['that says nothing', { status: 'False', reason: 'SyncFailed', message: '' }, ''],
  ])('is not allowed by a budget %s', async (_, condition, why) => {
    const BUDGETS = 'poddisruptionbudgets.policy';
    // an empty selector is that of all
    await t.create(BUDGETS, { metadata: { name: 'all' }, spec: { minAvailable: 1, selector: {} } });
    const conditions = [{ type: 'DisruptionAllowed', lastTransitionTime: '2020-01-01T00:00:00Z', ...condition }];
    const counts = {
      observedGeneration: 1,
      disruptionsAllowed: 0,
      currentHealthy: 2,
      desiredHealthy: 1,
      expectedPods: 2,
    };
    await t.merge(`${BUDGETS}/status`, 'all', { status: { ...counts, conditions } });
    const { details } = await refusal(evict());
    expect(details?.causes?.[0]?.message).toBe(
      `The disruption budget all does not allow evicting pods currently${why}`,
    );
    await t.delete(BUDGETS, 'all');
  });

  test('of a pod of two budgets fails', async () => {
    const BUDGETS = 'poddisruptionbudgets.policy';
    const spec = { minAvailable: 1, selector: { matchLabels: { app: 'leaves' } } };
    for (const one of ['one', 'two']) await t.create(BUDGETS, { metadata: { name: one }, spec });
    expect(await evict()).toMatchObject({ code: 500, object: { status: 'Failure', code: 500 } });
    for (const one of ['one', 'two']) await t.delete(BUDGETS, one);
  });
});

test.each([
  [
    'sinceSeconds=1&sinceTime=2020-01-01T00:00:00Z',
    422,
    '[]: Forbidden: at most one of `sinceTime` or `sinceSeconds` may be specified',
  ],
  ['tailLines=-1', 422, 'tailLines: Invalid value: -1: must be greater than or equal to 0'],
  ['limitBytes=0', 422, 'limitBytes: Invalid value: 0: must be greater than 0'],
  ['sinceSeconds=0', 422, 'sinceSeconds: Invalid value: 0: must be greater than 0'],
  ['stream=Stdout', 422, 'stream: Forbidden: may not be specified'],
  ['tailLines=x', 400, 'strconv.ParseInt: parsing "x": invalid syntax'],
  ['sinceTime=x', 400, 'parsing time "x" as "2006-01-02T15:04:05Z07:00": cannot parse "x" as "2006"'],
])('connect.refuses a log with %s', async (query, code, message) => {
  const refused = await refusal(connect('pods/log', 'none', query));
  expect(refused.code).toBe(code);
  expect(refused.message).toBe(code === 400 ? message : `PodLogOptions "none" is invalid: ${message}`);
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

test('scale.metadata is judged as that of any object', async () => {
  const refused = await refusal(
    t.merge('replicasets.apps/scale', 'rs', { metadata: { labels: { '-': 'x' } }, spec: { replicas: -1 } }),
  );
  expect(refused.details?.causes?.map(({ field }) => field)).toEqual(['metadata.labels', 'spec.replicas']);
  const { object } = await t.merge('replicasets.apps/scale', 'rs', {
    metadata: { labels: { a: 'x' } },
    spec: { replicas: 2 },
  });
  expect(object.metadata.labels).toBeUndefined();
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
