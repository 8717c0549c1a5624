import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { User } from '../../../src/api/contract.ts';
import type { FieldChange } from '../../../src/meta/diff.ts';
import type { KubeObject } from '../../../src/meta/object.ts';
import type { Status } from '../../../src/meta/status.ts';
import { admin } from '../../api/support.ts';
import { TestGraphQL } from './support.ts';

let g: TestGraphQL;
beforeAll(async () => {
  g = await TestGraphQL.open();
});
afterAll(() => g.close());

interface Applied {
  refused: boolean;
  firstRevision: string | null;
  lastRevision: string | null;
  objects: {
    kind: string;
    name: string;
    namespace: string | null;
    action: string | null;
    object: KubeObject | null;
    diff: FieldChange[] | null;
    warnings: string[];
    error: Status | null;
  }[];
}
const BUNDLE = `mutation($manifests: JSON!, $prune: BundlePrune, $dryRun: Boolean, $namespace: String, $manager: String) {
  applyBundle(manifests: $manifests, prune: $prune, dryRun: $dryRun, namespace: $namespace, fieldManager: $manager) {
    refused firstRevision lastRevision
    objects { kind name namespace action object diff { path op from to } warnings error }
  }
}`;
async function apply(manifests: unknown, more: Record<string, unknown> = {}, user: User = admin): Promise<Applied> {
  const variables = { manifests, namespace: 't', manager: 'ci', ...more };
  return (await g.data<{ applyBundle: Applied }>(BUNDLE, variables, user)).applyBundle;
}
const actions = ({ objects }: Applied) => objects.map(({ kind, name, action }) => `${kind} ${name} ${action}`);
const config = (name: string, data: Record<string, string>, labels?: Record<string, string>) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, ...(labels && { labels }) },
  data,
});

const SHOP = `
apiVersion: apps/v1
kind: Deployment
metadata: { name: web, namespace: shop }
spec:
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec: { containers: [{ name: web, image: web:1 }] }
---
# nothing
---
apiVersion: v1
kind: Namespace
metadata: { name: shop, labels: { team: shop } }
`;

describe('applyBundle', () => {
  test('makes what is needed first, and answers in the order of the manifests', async () => {
    const done = await apply(SHOP);
    expect(actions(done)).toEqual(['Deployment web CREATED', 'Namespace shop CREATED']);
    const [deployment, namespace] = done.objects.map(({ object }) => Number(object?.metadata.resourceVersion));
    expect([namespace, deployment]).toEqual([Number(done.firstRevision), Number(done.lastRevision)]);
    expect(actions(await apply(SHOP))).toEqual(['Deployment web UNCHANGED', 'Namespace shop UNCHANGED']);
    const changed = await apply([SHOP.replace('web:1', 'web:2'), config('c', { a: '1' })]);
    expect(actions(changed)).toEqual(['Deployment web CONFIGURED', 'Namespace shop UNCHANGED', 'ConfigMap c CREATED']);
    expect(changed.objects[0]?.diff).toEqual([
      { path: 'metadata.generation', op: 'replace', from: 1, to: 2 },
      { path: 'spec.template.spec.containers[name=web].image', op: 'replace', from: 'web:1', to: 'web:2' },
    ]);
  });

  test('takes a List, and one object', async () => {
    const list = { apiVersion: 'v1', kind: 'List', items: [config('l1', {}), config('l2', {})] };
    expect(actions(await apply(list))).toEqual(['ConfigMap l1 CREATED', 'ConfigMap l2 CREATED']);
    expect(actions(await apply(config('one', {})))).toEqual(['ConfigMap one CREATED']);
  });

  test.each([
    ['nothing', [], 'the bundle has no objects'],
    ['text of nothing', '# empty', 'the bundle has no objects'],
    ['a number', [3], 'manifests[0] is no object'],
    ['no kind', [{ apiVersion: 'v1' }], 'manifests[0] has no kind'],
    ['no name', ['{apiVersion: v1, kind: Pod}'], 'manifests[0], document 1 has no metadata.name: an apply needs one'],
    ['bad YAML', ['a: b\n---\n{'], 'manifests[0], document 1 has no apiVersion'],
  ])('refuses %s', async (_, manifests, message) => {
    const { errors } = await g.run(BUNDLE, { manifests });
    expect(errors?.[0]).toMatchObject({ message, extensions: { code: 400 } });
  });

  test('writes nothing where one is refused, and tells of each what is wrong', async () => {
    const done = await apply([
      config('fine', { a: '1' }),
      { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' }, spec: { containers: [] } },
      config('Bad', {}),
    ]);
    expect(done).toMatchObject({ refused: true, firstRevision: null });
    expect(done.objects.map(({ action, error }) => action ?? error?.code)).toEqual(['CREATED', 422, 422]);
    expect(g.t.api.store.get({ resource: 'configmaps', namespace: 't', name: 'fine' })).toBeUndefined();
  });

  test('says of a kind that its own definition would bring that it comes too early', async () => {
    const definition = {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: 'cups.example.com' },
      spec: { group: 'example.com', names: { kind: 'Cup', plural: 'cups' } },
    };
    const cup = { apiVersion: 'example.com/v1', kind: 'Cup', metadata: { name: 'c' } };
    const done = await apply([definition, cup]);
    expect(done.refused).toBe(true);
    expect(done.objects.map(({ error }) => error?.message)).toEqual([
      undefined,
      expect.stringMatching(/^no matches for kind "Cup" in version "example.com\/v1": its definition is in the same/),
    ]);
    const alone = await apply([cup]);
    expect(alone.objects[0]?.error?.message).toBe('no matches for kind "Cup" in version "example.com/v1"');
  });

  test('a dry run tells the same and does nothing', async () => {
    const dry = await apply([config('d1', { a: '1' }), config('c', { a: '2' })], { dryRun: true });
    expect(actions(dry)).toEqual(['ConfigMap d1 CREATED', 'ConfigMap c CONFIGURED']);
    expect(dry).toMatchObject({ refused: false, firstRevision: null });
    expect(dry.objects[1]?.diff).toEqual([{ path: 'data.a', op: 'replace', from: '1', to: '2' }]);
    expect((await g.t.get('configmaps', 'c')).object.data).toEqual({ a: '1' });
  });

  test('says of an object that is named twice what each of them makes of it, in a dry run too', async () => {
    const manifests = [config('twice', { a: '1' }), config('twice', { a: '2' }), config('twice', { a: '2' })];
    const dry = await apply(manifests, { dryRun: true });
    const done = await apply(manifests);
    const wanted = ['CREATED', 'CONFIGURED', 'UNCHANGED'].map((action) => `ConfigMap twice ${action}`);
    for (const one of [dry, done]) {
      expect(actions(one)).toEqual(wanted);
      expect(one.objects[1]?.diff).toEqual([{ path: 'data.a', op: 'replace', from: '1', to: '2' }]);
    }
    expect(done.firstRevision).toBe(done.lastRevision);
  });

  test('says that an object goes that waited for what the manifest no longer has', async () => {
    const held = config('held', { a: '1' });
    await apply({ ...held, metadata: { ...held.metadata, finalizers: ['example.com/hold'] } });
    await g.t.delete('configmaps', 'held');
    const dry = await apply(held, { dryRun: true });
    const done = await apply(held);
    for (const one of [dry, done]) expect(actions(one)).toEqual(['ConfigMap held DELETED']);
    expect(done.objects[0]?.object).toBeNull();
  });

  test('of a Secret no value is in the diff', async () => {
    const secret = (password: string) => ({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 's' },
      stringData: { password },
    });
    await apply(secret('one'));
    const done = await apply(secret('two'));
    expect(done.objects[0]?.diff).toEqual([{ path: 'data.password', op: 'replace', from: null, to: null }]);
  });

  test('nor of what else is confidential', async () => {
    const { store } = g.t.api;
    const sealed = vi.spyOn(store, 'isConfidential').mockImplementation((resource) => resource === 'configmaps');
    await apply(config('sealed', { key: 'one' }));
    const done = await apply(config('sealed', { key: 'two' }));
    sealed.mockRestore();
    expect(done.objects[0]?.diff).toEqual([{ path: 'data.key', op: 'replace', from: null, to: null }]);
  });
});

describe('prune', () => {
  const shop = { part: 'shop' };
  const prune = { labelSelector: 'part=shop', kinds: ['configmaps'] };

  test('takes away what the manager has applied under the label and no manifest names', async () => {
    await apply([config('p1', {}, shop), config('p2', {}, shop), config('other', {}, { part: 'other' })]);
    await apply([config('theirs', {}, shop)], { manager: 'somebody' });
    await g.t.create('configmaps', { metadata: { name: 'made', labels: shop } });
    const dry = await apply([config('p1', {}, shop)], { prune, dryRun: true });
    const done = await apply([config('p1', {}, shop)], { prune });
    for (const one of [dry, done]) expect(actions(one)).toEqual(['ConfigMap p1 UNCHANGED', 'ConfigMap p2 PRUNED']);
    const left = g.t.api.store.list({ resource: 'configmaps', namespace: 't' }).items.map(({ name }) => name);
    expect(left).toEqual(expect.arrayContaining(['made', 'other', 'p1', 'theirs']));
    expect(left).not.toContain('p2');
    expect(done.firstRevision).toBe(done.lastRevision);
  });

  test('is each deletion by its own right', async () => {
    await apply([config('q1', {}, shop), config('q2', {}, shop)]);
    const rules = [{ apiGroups: [''], resources: ['configmaps'], verbs: ['get', 'list', 'patch', 'create'] }];
    await g.t.create('roles.rbac.authorization.k8s.io', { metadata: { name: 'ci' }, rules });
    await g.t.create('rolebindings.rbac.authorization.k8s.io', {
      metadata: { name: 'ci' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'ci' },
      subjects: [{ kind: 'User', apiGroup: 'rbac.authorization.k8s.io', name: 'ci' }],
    });
    const ci: User = { name: 'ci', groups: [] };
    const done = await apply([config('q1', { a: '1' }, shop)], { prune }, ci);
    expect(done.refused).toBe(true);
    expect(done.objects.find(({ name }) => name === 'q2')?.error?.code).toBe(403);
    expect((await g.t.get('configmaps', 'q1')).object.data).toBeUndefined();
    const secrets = await g.run(BUNDLE, { manifests: config('q1', {}), prune: { ...prune, kinds: ['secrets'] } }, ci);
    expect(secrets.errors?.[0]?.extensions.code).toBe(403);
  });

  test('needs a selector', async () => {
    const { errors } = await g.run(BUNDLE, { manifests: config('a', {}), prune: { labelSelector: ' ' } });
    expect(errors?.[0]?.message).toBe('prune needs a label selector');
  });
});
