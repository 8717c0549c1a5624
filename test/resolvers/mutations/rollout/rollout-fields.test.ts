import { afterAll, beforeAll, expect, test } from 'vitest';
import type { KubeObject } from '../../../../src/meta/object.ts';
import { TestGraphQL } from '../support.ts';

let g: TestGraphQL;
beforeAll(async () => {
  g = await TestGraphQL.open();
});
afterAll(() => g.close());

const template = (image: string) => ({
  metadata: { labels: { app: 'w' } },
  spec: { containers: [{ name: 'c', image }] },
});
const spec = (image: string) => ({ selector: { matchLabels: { app: 'w' } }, template: template(image) });
const owner = (kind: string, { metadata: { name, uid } }: KubeObject) => [
  { apiVersion: 'apps/v1', kind, name, uid, controller: true },
];

const imageOf = async (resource: string, name: string): Promise<string> => {
  const { object } = await g.t.get(resource, name);
  const { template } = object['spec'] as { template: { spec: { containers: { image: string }[] } } };
  return template.spec.containers[0]!.image;
};

/** A Deployment at `image-2` with a ReplicaSet for each of its revisions, as its controller would have them. */
async function deployment(name: string): Promise<void> {
  const { object } = await g.t.create('deployments.apps', {
    metadata: { name, annotations: { 'deployment.kubernetes.io/revision': '2', own: 'now' } },
    spec: spec('image-2'),
  });
  for (const n of [1, 2])
    await g.t.create('replicasets.apps', {
      metadata: {
        name: `${name}-${n}`,
        labels: { app: 'w' },
        annotations: {
          'deployment.kubernetes.io/revision': String(n),
          'kubernetes.io/change-cause': `change ${n}`,
          own: 'then',
        },
        ownerReferences: owner('Deployment', object),
      },
      spec: { ...spec(`image-${n}`), replicas: 0 },
    });
}

const run = (field: string, name: string, args = '') =>
  g.run<Record<string, KubeObject | null>>(
    `mutation { ${field}(namespace: "t", name: "${name}"${args}) { metadata { name } } }`,
  );

test('a restart sets the annotation that kubectl sets, once a second, and not on what is paused', async () => {
  await deployment('r');
  expect((await run('rolloutRestartDeployment', 'r')).errors).toBeUndefined();
  const { object } = await g.t.get('deployments.apps', 'r');
  const annotations = object.spec.template.metadata?.annotations;
  expect(Object.keys(annotations ?? {})).toEqual(['kubectl.kubernetes.io/restartedAt']);
  expect((await run('rolloutPauseDeployment', 'r')).errors).toBeUndefined();
  expect((await run('rolloutPauseDeployment', 'r')).errors?.[0]?.message).toBe(
    'deployments.apps "r" is already paused',
  );
  const paused = await run('rolloutRestartDeployment', 'r');
  expect(paused.errors?.[0]?.message).toBe("can't restart paused deployment (run rollout resume first)");
  expect(paused.data['rolloutRestartDeployment']).toBeNull();
  expect((await run('rolloutUndoDeployment', 'r')).errors?.[0]?.message).toContain('you cannot rollback a paused');
  expect((await run('rolloutResumeDeployment', 'r')).errors).toBeUndefined();
  expect((await run('rolloutResumeDeployment', 'r')).errors?.[0]?.message).toBe('deployments.apps "r" is not paused');
});

test('an undo takes a Deployment back, with the annotations of that time', async () => {
  await deployment('u');
  const dry = await run('rolloutUndoDeployment', 'u', ', dryRun: true');
  expect(dry.errors).toBeUndefined();
  expect(await imageOf('deployments.apps', 'u')).toBe('image-2');
  await run('rolloutUndoDeployment', 'u');
  expect(await imageOf('deployments.apps', 'u')).toBe('image-1');
  const { metadata } = (await g.t.get('deployments.apps', 'u')).object;
  expect(metadata.annotations).toEqual({
    'deployment.kubernetes.io/revision': '2',
    'kubernetes.io/change-cause': 'change 1',
    own: 'then',
  });
  const before = metadata.resourceVersion;
  await run('rolloutUndoDeployment', 'u', ', toRevision: 1');
  expect((await g.t.get('deployments.apps', 'u')).object.metadata.resourceVersion).toBe(before);
  const none = await run('rolloutUndoDeployment', 'u', ', toRevision: 9');
  expect(none.errors?.[0]?.message).toBe('unable to find specified revision 9 in history');
});

test.each([
  ['daemonsets.apps', 'DaemonSet', {}],
  ['statefulsets.apps', 'StatefulSet', { serviceName: 's' }],
])('an undo of %s puts back what its revision keeps', async (resource, kind, more) => {
  const { object } = await g.t.create(resource, { metadata: { name: 'w' }, spec: { ...spec('image-2'), ...more } });
  expect((await run(`rolloutUndo${kind}`, 'w')).errors?.[0]?.message).toBe('no last revision to roll back to');
  for (const n of [1, 2])
    await g.t.create('controllerrevisions.apps', {
      metadata: { name: `${kind.toLowerCase()}-${n}`, labels: { app: 'w' }, ownerReferences: owner(kind, object) },
      revision: n,
      data: { spec: { template: { ...template(`image-${n}`), $patch: 'replace' } } },
    });
  expect((await run(`rolloutUndo${kind}`, 'w')).errors).toBeUndefined();
  expect(await imageOf(resource, 'w')).toBe('image-1');
});

test('objects tell their rollout and its history', async () => {
  await deployment('h');
  const { deployment: shown } = await g.data<{ deployment: unknown }>(
    '{ deployment(namespace: "t", name: "h") { rolloutStatus { done failed message } rolloutHistory { revision name changeCause } } }',
  );
  expect(shown).toEqual({
    rolloutStatus: { done: false, failed: false, message: 'Waiting for deployment spec update to be observed...' },
    rolloutHistory: [1, 2].map((n) => ({ revision: n, name: `h-${n}`, changeCause: `change ${n}` })),
  });
});

test('revisions are exact, told and asked for, up to the last of 64 bits', async () => {
  const large = '9007199254740995';
  const { object } = await g.t.create('daemonsets.apps', { metadata: { name: 'exact' }, spec: spec('image-2') });
  for (const [n, revision] of ['9007199254740994', large, '9223372036854775807'].entries())
    await g.t.create('controllerrevisions.apps', {
      metadata: { name: `exact-${n}`, labels: { app: 'w' }, ownerReferences: owner('DaemonSet', object) },
      revision: BigInt(revision),
      data: { spec: { template: { ...template(`image-${n}`), $patch: 'replace' } } },
    });
  const text = await g.text('{ daemonSet(namespace: "t", name: "exact") { rolloutHistory { revision } } }');
  expect(text.match(/"revision":\d+/g)).toEqual(
    ['9007199254740994', large, '9223372036854775807'].map((revision) => `"revision":${revision}`),
  );
  await run('rolloutUndoDaemonSet', 'exact', `, toRevision: ${large}`);
  expect(await imageOf('daemonsets.apps', 'exact')).toBe('image-1');
  await run('rolloutUndoDaemonSet', 'exact', ', toRevision: "9007199254740994"');
  expect(await imageOf('daemonsets.apps', 'exact')).toBe('image-0');
  const none = await run('rolloutUndoDaemonSet', 'exact', ', toRevision: 9007199254740993');
  expect(none.errors?.[0]?.message).toBe('unable to find specified revision 9007199254740993 in history');
});
