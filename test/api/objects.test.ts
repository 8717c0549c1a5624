import { afterAll, beforeAll, expect, test } from 'vitest';
import { pod, refusal, TestApi } from './support.ts';

let t: TestApi;
beforeAll(async () => {
  t = await TestApi.open();
});
afterAll(() => t.close());

test('create.fills in the system fields and get answers the same', async () => {
  const { code, object } = await t.create('configmaps', {
    metadata: { name: 'a', uid: 'x', selfLink: '/x', deletionGracePeriodSeconds: 5 },
    data: { k: 'v' },
  });
  expect(code).toBe(201);
  expect(object).toMatchObject({
    kind: 'ConfigMap',
    apiVersion: 'v1',
    metadata: { name: 'a', namespace: 't' },
    data: { k: 'v' },
  });
  expect(object.metadata.uid).toMatch(/^[0-9a-f-]{36}$/);
  expect(object.metadata).not.toHaveProperty('deletionGracePeriodSeconds');
  // nobody owns what a new object cannot have
  expect(object.metadata.managedFields).toEqual([
    expect.objectContaining({
      manager: 'test',
      operation: 'Update',
      fieldsV1: { 'f:data': { '.': {}, 'f:k': {} } },
    }),
  ]);
  expect((await t.get('configmaps', 'a')).object).toEqual(object);
});

test('create.refuses what is there, what has a version, and what has no name', async () => {
  await t.create('configmaps', { metadata: { name: 'twice' } });
  expect(await refusal(t.create('configmaps', { metadata: { name: 'twice' } }))).toMatchObject({
    reason: 'AlreadyExists',
    code: 409,
  });
  expect(await refusal(t.create('configmaps', { metadata: { name: 'v', resourceVersion: '5' } }))).toEqual({
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: 'resourceVersion should not be set on objects to be created',
    code: 500,
  });
  expect((await refusal(t.create('configmaps', { metadata: {} }))).message).toBe(
    'ConfigMap "" is invalid: metadata.name: Required value: name or generateName is required',
  );
  expect((await refusal(t.create('configmaps', { metadata: { name: 'a', namespace: 'other' } }))).message).toBe(
    'the namespace of the provided object does not match the namespace sent on the request',
  );
  expect((await refusal(t.create('configmaps', { metadata: { name: 'a' } }, 'nowhere'))).message).toBe(
    'namespaces "nowhere" not found',
  );
});

test('create.as a dry run takes a version and answers with it', async () => {
  const body = { metadata: { name: 'dry', resourceVersion: '5' } };
  const { object } = await t.api.create(
    t.ctx(),
    t.target('configmaps', 't'),
    { object: body as never },
    { dryRun: ['All'] },
  );
  expect(object.metadata).toMatchObject({ name: 'dry', resourceVersion: '5' });
  expect((await refusal(t.get('configmaps', 'dry'))).reason).toBe('NotFound');
});

test('create.draws a name', async () => {
  const { object } = await t.create('configmaps', { metadata: { generateName: 'gen-' } });
  expect(object.metadata.name).toMatch(/^gen-[a-z0-9]{5}$/);
});

test('create.of a dry run is not stored', async () => {
  const target = t.target('configmaps');
  const { object } = await t.api.create(
    t.ctx(),
    target,
    { object: { metadata: { name: 'dry' } } as never },
    { dryRun: ['All'] },
  );
  expect(object.metadata.resourceVersion).toBeUndefined();
  expect((await refusal(t.get('configmaps', 'dry'))).code).toBe(404);
});

test('update.needs the version that is there, and writes nothing where nothing changes', async () => {
  const { object } = await t.create('configmaps', { metadata: { name: 'u' }, data: { a: '1' } });
  const changed = await t.update('configmaps', { ...object, data: { a: '2' } });
  expect(changed.object.metadata.resourceVersion).not.toBe(object.metadata.resourceVersion);
  expect(await refusal(t.update('configmaps', { ...object, data: { a: '3' } }))).toMatchObject({
    message:
      'Operation cannot be fulfilled on configmaps "u": the object has been modified; please apply your changes to the latest version and try again',
  });
  const same = await t.update('configmaps', changed.object);
  expect(same.object.metadata.resourceVersion).toBe(changed.object.metadata.resourceVersion);
});

test('update.counts generations of what is wanted only', async () => {
  const spec = {
    selector: { matchLabels: { app: 'a' } },
    template: { metadata: { labels: { app: 'a' } }, spec: { containers: [{ name: 'c', image: 'i' }] } },
  };
  const { object } = await t.create('deployments.apps', { metadata: { name: 'd' }, spec, status: { replicas: 7 } });
  expect(object.metadata.generation).toBe(1);
  expect(object['status']).toEqual({});
  expect(
    (await t.merge('deployments.apps', 'd', { metadata: { labels: { a: 'b' } } })).object.metadata.generation,
  ).toBe(1);
  expect((await t.merge('deployments.apps', 'd', { spec: { replicas: 2 } })).object.metadata.generation).toBe(2);
  const status = await t.merge('deployments.apps/status', 'd', {
    spec: { replicas: 9 },
    status: { replicas: 1, observedGeneration: 2 },
  });
  expect(status.object).toMatchObject({ metadata: { generation: 2 }, spec: { replicas: 2 }, status: { replicas: 1 } });
  const scale = await t.get('deployments.apps/scale', 'd');
  expect(scale.object).toMatchObject({
    kind: 'Scale',
    spec: { replicas: 2 },
    status: { replicas: 1, selector: 'app=a' },
  });
  const scaled = await t.merge('deployments.apps/scale', 'd', { spec: { replicas: 5 } });
  expect(scaled.object['spec']).toEqual({ replicas: 5 });
  expect((await t.get('deployments.apps', 'd')).object).toMatchObject({
    metadata: { generation: 3 },
    spec: { replicas: 5 },
  });
});

test('delete.answers a Status, and holds what has finalizers', async () => {
  const { object } = await t.create('configmaps', { metadata: { name: 'del' } });
  expect((await t.delete('configmaps', 'del')).object).toEqual({
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Success',
    details: { name: 'del', kind: 'configmaps', uid: object.metadata.uid },
  });
  await t.create('configmaps', { metadata: { name: 'fin', finalizers: ['x.example.com/f'] } });
  const held = await t.delete('configmaps', 'fin');
  expect(held.object.metadata).toMatchObject({ finalizers: ['x.example.com/f'], deletionGracePeriodSeconds: 0 });
  const last = await t.merge('configmaps', 'fin', { metadata: { finalizers: null } });
  expect(last.object.metadata.deletionTimestamp).toBeDefined();
  expect((await refusal(t.get('configmaps', 'fin'))).code).toBe(404);
});

test('delete.of a pod on a node waits its grace period', async () => {
  await t.create('pods', pod('p', { nodeName: 'n1' }));
  expect((await t.delete('pods', 'p')).object.metadata).toMatchObject({
    deletionGracePeriodSeconds: 30,
    generation: 2,
  });
  expect((await t.delete('pods', 'p', { gracePeriodSeconds: 5 })).object.metadata).toMatchObject({
    deletionGracePeriodSeconds: 5,
    generation: 2,
  });
  expect((await t.delete('pods', 'p', { gracePeriodSeconds: 0 })).object.metadata.deletionGracePeriodSeconds).toBe(0);
  expect((await refusal(t.get('pods', 'p'))).code).toBe(404);
});

test('namespace.is not written to while it goes, and goes with its finalizers', async () => {
  await t.create('namespaces', { metadata: { name: 'going' } });
  expect((await t.delete('namespaces', 'going')).object['status']).toEqual({ phase: 'Terminating' });
  expect((await refusal(t.create('configmaps', { metadata: { name: 'y' } }, 'going'))).message).toBe(
    'configmaps "y" is forbidden: unable to create new content in namespace going because it is being terminated',
  );
  await t.update('namespaces/finalize', { metadata: { name: 'going' }, spec: { finalizers: [] } } as never);
  expect((await refusal(t.get('namespaces', 'going'))).code).toBe(404);
});

test('delete.leaves the system its priority classes', async () => {
  const status = await refusal(t.delete('priorityclasses.scheduling.k8s.io', 'system-node-critical', {}, ''));
  expect(status.message).toBe(
    'priorityclasses.scheduling.k8s.io "system-node-critical" is forbidden: this is a system priority class and cannot be deleted',
  );
});
