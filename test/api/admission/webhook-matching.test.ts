import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { refusal } from '../support.ts';
import { Hooks, rule, type Asked } from './hooks.ts';

let hooks: Hooks;
const SCHEMA = {
  openAPIV3Schema: {
    type: 'object',
    properties: { spec: { type: 'object', properties: { a: { type: 'string' }, n: { type: 'integer', default: 5 } } } },
  },
};
const version = (name: string, served = true) => ({ name, served, storage: name === 'v1', schema: SCHEMA });
beforeAll(async () => {
  hooks = await Hooks.open();
  const { t } = hooks;
  await t.create('namespaces', { metadata: { name: 'labelled', labels: { team: 'a' } } }, '');
  await t.create(
    'customresourcedefinitions.apiextensions.k8s.io',
    {
      metadata: { name: 'foos.example.com' },
      spec: {
        group: 'example.com',
        scope: 'Namespaced',
        names: { plural: 'foos', kind: 'Foo' },
        versions: [version('v1'), version('v2'), version('v0', false)],
      },
    },
    '',
  );
  await vi.waitUntil(() => t.api.registry.byKind('example.com', 'v2', 'Foo'), { timeout: 60_000 });
});
afterAll(() => hooks?.close());

let names = 0;
const configMap = (labels?: object) => ({ metadata: { name: `c${++names}`, ...(labels && { labels }) } });
const CREATE = { operations: ['CREATE'] };
const whoAsked = (asked: Asked[]): string[] => asked.map(({ name }) => name).sort();

const hpa = () => ({
  metadata: { name: `h${++names}` },
  spec: {
    maxReplicas: 3,
    scaleTargetRef: { kind: 'Deployment', name: 'd', apiVersion: 'apps/v1' },
    metrics: [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } } }],
  },
});
const HPA = 'horizontalpodautoscalers.autoscaling';

test('a rule for another version of a resource converts, unless it is to be exact', async () => {
  const v1 = [rule('horizontalpodautoscalers', 'autoscaling/v1')];
  const asked = await hooks.during(
    'validating',
    [
      hooks.hook('one', { rules: v1 }),
      hooks.hook('exact', { rules: v1, matchPolicy: 'Exact' }),
      hooks.hook('unserved', { rules: [rule('*', 'autoscaling/v2beta9')] }),
    ],
    () => hooks.t.create(HPA, hpa()),
  );
  expect(whoAsked(asked)).toEqual(['one']);
  const [{ request } = { request: undefined }] = asked;
  expect(request).toMatchObject({
    kind: { group: 'autoscaling', version: 'v1', kind: 'HorizontalPodAutoscaler' },
    resource: { version: 'v1' },
    requestKind: { version: 'v2' },
    object: { apiVersion: 'autoscaling/v1', spec: { targetCPUUtilizationPercentage: 80 } },
  });
});

test('what is changed in another version is changed in the one of the request', async () => {
  hooks.replies['one'] = () => ({
    patch: [{ op: 'replace', path: '/spec/targetCPUUtilizationPercentage', value: 55 }],
  });
  const rules = [rule('horizontalpodautoscalers', 'autoscaling/v1', CREATE)];
  await hooks.during('mutating', [hooks.hook('one', { rules })], async () => {
    const { object } = await hooks.t.create(HPA, hpa());
    expect(object).toHaveProperty('spec.metrics.0.resource.target.averageUtilization', 55);
  });
});

test('the same objects in another group are equivalent', async () => {
  const asked = await hooks.during(
    'validating',
    [
      hooks.hook('new', { rules: [rule('events', 'events.k8s.io/v1')] }),
      hooks.hook('core', { rules: [rule('events')] }),
    ],
    () =>
      hooks.t.create('events', {
        metadata: { name: 'e' },
        involvedObject: { kind: 'Pod', name: 'x', namespace: 't' },
        reason: 'r',
        message: 'm',
        type: 'Normal',
      }),
  );
  const notes = asked.map(({ name, request: { object } }) => [name, object?.apiVersion, object?.['note'] ?? '']);
  expect(notes.sort()).toEqual([
    ['core', 'v1', ''],
    ['new', 'events.k8s.io/v1', 'm'],
  ]);
});

test('of a custom kind all versions of its definition are equivalent, served or not', async () => {
  const foo = (v: string) => [rule('foos', `example.com/${v}`, CREATE)];
  hooks.replies['v2'] = () => ({ patch: [{ op: 'add', path: '/spec/a', value: 'changed' }] });
  const asked = await hooks.during(
    'mutating',
    ['v1', 'v2', 'v0', 'v9'].map((v) => hooks.hook(v, { rules: foo(v) })),
    async () => {
      const kind = hooks.t.api.registry.byKind('example.com', 'v1', 'Foo');
      if (!kind) throw new Error('it is not served');
      const object = { apiVersion: 'example.com/v1', kind: 'Foo', metadata: { name: 'f' }, spec: {} };
      const target = { kind, namespace: 't', name: '', subresource: '' };
      const answer = await hooks.t.api.create(hooks.t.ctx(), target, { object: object as never }, {});
      expect(answer.object).toMatchObject({ apiVersion: 'example.com/v1', spec: { a: 'changed', n: 5 } });
    },
  );
  expect(asked.map(({ name, request: { object } }) => [name, object?.apiVersion])).toEqual([
    ['v1', 'example.com/v1'],
    ['v2', 'example.com/v2'],
    ['v0', 'example.com/v0'],
  ]);
});

test('a Scale is shown as one, and may be changed', async () => {
  const labels = { a: 'b' };
  await hooks.t.create('deployments.apps', {
    metadata: { name: 'd' },
    spec: {
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: 'c', image: 'i' }] } },
    },
  });
  const rules = [rule('deployments/scale', 'apps/v1')];
  hooks.replies['scale'] = () => ({ patch: [{ op: 'replace', path: '/spec/replicas', value: 7 }] });
  const asked = await hooks.during('mutating', [hooks.hook('scale', { rules })], async () => {
    const { object } = await hooks.t.merge('deployments.apps/scale', 'd', { spec: { replicas: 3 } });
    expect(object.spec?.replicas).toBe(7);
  });
  const shown = { kind: 'Scale', apiVersion: 'autoscaling/v1' };
  expect(asked[0]?.request).toMatchObject({
    kind: { group: 'autoscaling', version: 'v1', kind: 'Scale' },
    resource: { group: 'apps', resource: 'deployments' },
    object: { ...shown, spec: { replicas: 3 } },
    oldObject: { ...shown, spec: { replicas: 1 } },
  });
});

test('a stream is asked about with its options, logs are not', async () => {
  const connect = (subresource: string, query: string) =>
    hooks.t.api.connect(hooks.t.ctx(), hooks.t.target(`pods/${subresource}`, 't', 'none'), {
      verb: 'create',
      query: new URLSearchParams(query),
    });
  const asked = await hooks.during('validating', [hooks.hook('all', { rules: [rule('*/*')] })], async () => {
    await refusal(connect('exec', 'command=ls&command=-l&container=c&stdin=true&tty=1'));
    await refusal(connect('portforward', 'ports=80'));
    await refusal(connect('log', ''));
  });
  expect(
    asked.map(({ request: { operation, name, object, oldObject } }) => [operation, name, object, oldObject]),
  ).toEqual([
    [
      'CONNECT',
      'none',
      { kind: 'PodExecOptions', apiVersion: 'v1', stdin: true, tty: true, container: 'c', command: ['ls', '-l'] },
      null,
    ],
    ['CONNECT', 'none', { kind: 'PodPortForwardOptions', apiVersion: 'v1', ports: [80] }, null],
  ]);
});

test('objects are shown as Go writes them, deletes of a collection without a name', async () => {
  await hooks.t.create('configmaps', { metadata: { name: 'one', labels: { bunch: 'yes' } } });
  const asked = await hooks.during('validating', [hooks.hook('all', { rules: [rule('*', 'v1')] })], async () => {
    await hooks.t.create('configmaps', { metadata: { name: 'bare', labels: {} } });
    await hooks.t.create('pods', { metadata: { name: 'p' }, spec: { containers: [{ name: 'c', image: 'i' }] } });
    await hooks.t.api.deleteCollection(hooks.t.ctx(), hooks.t.target('configmaps'), { labelSelector: 'bunch' }, {});
  });
  const [bare, pod, all] = asked;
  expect(bare?.request.object?.metadata).not.toHaveProperty('labels');
  expect(pod?.request.object).toHaveProperty('status', { phase: 'Pending', qosClass: 'BestEffort' });
  expect(all?.request).toMatchObject({ operation: 'DELETE', namespace: 't', oldObject: { metadata: { name: 'one' } } });
  expect(all?.request).not.toHaveProperty('name');
});

type Selected = [what: string, spec: object, run: () => Promise<unknown>, operations: string[]];
const t = () => hooks.t;
const TEAM = { namespaceSelector: { matchLabels: { team: 'a' } } };
const BOTH = { rules: [rule('*', 'v1')] };
const SELECTED: readonly Selected[] = [
  ['a namespace by its own labels', { ...BOTH, ...TEAM }, namespaceCase, ['CREATE']],
  ['by the labels of the namespace', TEAM, () => t().create('configmaps', configMap(), 'labelled'), ['CREATE']],
  ['not of another namespace', TEAM, () => t().create('configmaps', configMap()), []],
  [
    'what is in no namespace',
    { ...TEAM, rules: [rule('nodes')] },
    () => t().create('nodes', { metadata: { name: 'n' } }, ''),
    ['CREATE'],
  ],
  ['either state of an object', { objectSelector: { matchLabels: { o: '1' } } }, objectCase, ['CREATE', 'UPDATE']],
  ['cluster scope', { rules: [rule('*', 'v1', { scope: 'Cluster' })] }, namespaceCase, ['CREATE', 'UPDATE', 'DELETE']],
  ['no namespaces in namespaced scope', { rules: [rule('*', 'v1', { scope: 'Namespaced' })] }, namespaceCase, []],
  ['a subresource', { rules: [rule('*/status')] }, namespaceCase, []],
];

async function namespaceCase(): Promise<void> {
  const name = `n${++names}`;
  await t().create('namespaces', { metadata: { name, labels: { team: 'a' } } }, '');
  // an update is judged by what it makes, and a delete by what is there
  await t().merge('namespaces', name, { metadata: { labels: { team: 'b' } } }, '');
  const { labels } = (await t().get('namespaces', name, '')).object.metadata;
  expect(labels).toHaveProperty('team', 'b');
  await t().delete('namespaces', name, {}, '');
}
async function objectCase(): Promise<void> {
  const { object } = await t().create('configmaps', configMap({ o: '1' }));
  const { name } = object.metadata;
  await t().merge('configmaps', name, { metadata: { labels: { o: '2' } } });
  await t().merge('configmaps', name, { metadata: { labels: { o: '3' } } });
}

test.each(SELECTED)('selects %s', async (_, spec, run, operations) => {
  const asked = await hooks.during('validating', [hooks.hook('h', spec)], run);
  expect(asked.map(({ request }) => request.operation)).toEqual(operations);
});

type Condition = [expressions: string[], asked: boolean, refused?: string];
const NOPE = 'object.nope == 1';
const FAILED = (...messages: string[]) => (messages.length > 1 ? `[${messages.join(', ')}]` : messages.join(''));
const CONDITIONS: readonly Condition[] = [
  [['true'], true],
  [['false'], false],
  [[NOPE, 'false'], false],
  [
    ['true', NOPE, 'object.also == 2'],
    false,
    FAILED(
      `expression '${NOPE}' resulted in error: no such key: nope`,
      "expression 'object.also == 2' resulted in error: no such key: also",
    ),
  ],
  [['authorizer.group("").resource("pods").check("get").allowed()'], true],
  [['authorizer.requestResource.check("update").allowed()'], true],
  [
    ['authorizer.serviceAccount("t","default").group("").resource("pods").namespace("t").check("get").allowed()'],
    false,
  ],
  [['request.kind.kind == "ConfigMap" && request.operation == "CREATE" && request.userInfo.username == "admin"'], true],
  [['oldObject == null && object.metadata.name.startsWith("c")'], true],
  [['object.?data.a.orValue("") == "1"'], false],
];
test.each(CONDITIONS)('conditions %j', async (expressions, asked, refused) => {
  const matchConditions = expressions.map((expression, i) => ({ name: `c${i}`, expression }));
  for (const failurePolicy of ['Fail', 'Ignore']) {
    const object = configMap();
    const told = await hooks.during('validating', [hooks.hook('h', { matchConditions, failurePolicy })], async () => {
      const created = hooks.t.create('configmaps', object);
      if (refused === undefined || failurePolicy === 'Ignore') return created;
      const { code, message } = await refusal(created);
      expect([code, message]).toEqual([403, `configmaps "${object.metadata.name}" is forbidden: ${refused}`]);
    });
    expect(told).toHaveLength(asked ? 1 : 0);
  }
});
