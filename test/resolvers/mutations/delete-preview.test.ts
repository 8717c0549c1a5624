import { afterAll, beforeAll, expect, test } from 'vitest';
import type { User } from '../../../src/api/contract.ts';
import type { KubeObject } from '../../../src/meta/object.ts';
import { admin } from '../../api/support.ts';
import { TestGraphQL } from './support.ts';

let g: TestGraphQL;
beforeAll(async () => {
  g = await TestGraphQL.open();
  const a = await make('a');
  const b = await make('b');
  const child = await make('child', [a]);
  await make('grandchild', [child]);
  await make('shared', [a, b]);
  await make('both', [a, child]);
  await make('keeper', [a], ['orphan', 'example.com/hold']);
  await make('kept', [await object('keeper')]);
  await g.t.create('namespaces', { metadata: { name: 'other' } }, '');
  await make('forged', [a], [], 'other');
});
afterAll(() => g.close());

const object = async (name: string): Promise<KubeObject> => (await g.t.get('configmaps', name)).object;
async function make(name: string, owners: KubeObject[] = [], finalizers: string[] = [], ns = 't'): Promise<KubeObject> {
  const ownerReferences = owners.map(({ metadata }) => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    name: metadata.name,
    uid: metadata.uid,
  }));
  return (await g.t.create('configmaps', { metadata: { name, ownerReferences, finalizers } }, ns)).object;
}

interface Preview {
  propagationPolicy: string;
  truncated: boolean;
  deleted: number;
  objects: { name: string; fate: string; depth: number; heldBy: string[] }[];
}
async function preview(args: string, user: User = admin): Promise<Preview> {
  const { deletePreview } = await g.data<{ deletePreview: Preview }>(
    `{ deletePreview(${args}) { propagationPolicy truncated deleted objects { name fate depth heldBy } } }`,
    {},
    user,
  );
  return deletePreview;
}
const fates = ({ objects }: Preview) => objects.map(({ name, fate, depth }) => `${depth} ${name} ${fate}`).sort();
const A = 'resource: "configmaps", namespace: "t", name: "a"';

test('it tells what the collector would take, and what only loses an owner', async () => {
  const found = await preview(A);
  expect(found).toMatchObject({ propagationPolicy: 'Background', truncated: false, deleted: 5 });
  expect(fates(found)).toEqual(
    [
      '0 a DELETED',
      '1 both DELETED',
      '1 child DELETED',
      '1 keeper DELETED',
      '1 shared ORPHANED',
      '2 grandchild DELETED',
      '2 kept ORPHANED',
    ].sort(),
  );
  expect(found.objects.find(({ name }) => name === 'keeper')?.heldBy).toEqual(['example.com/hold']);
});

test('an orphaning delete takes nothing along', async () => {
  const found = await preview(`${A}, propagationPolicy: "Orphan"`);
  expect(found.deleted).toBe(1);
  expect(new Set(found.objects.slice(1).map(({ fate, depth }) => `${depth} ${fate}`))).toEqual(new Set(['1 ORPHANED']));
});

test('of a namespace it tells all that is in it', async () => {
  const found = await preview('resource: "namespaces", name: "other"');
  expect(fates(found)).toEqual(['0 other DELETED', '1 forged DELETED']);
});

test('it is bounded, and says so', async () => {
  const found = await preview(`${A}, first: 2`);
  expect(found).toMatchObject({ truncated: true });
  expect(found.objects).toHaveLength(3);
});

test('it shows nobody what he may not read', async () => {
  const user: User = { name: 'reader', groups: [] };
  const { errors } = await g.run(`{ deletePreview(${A}) { deleted } }`, {}, user);
  expect(errors?.[0]?.extensions.code).toBe(403);
  const rules = [{ apiGroups: [''], resources: ['configmaps'], resourceNames: ['a'], verbs: ['get'] }];
  await g.t.create('roles.rbac.authorization.k8s.io', { metadata: { name: 'reader' }, rules });
  await g.t.create('rolebindings.rbac.authorization.k8s.io', {
    metadata: { name: 'reader' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'reader' },
    subjects: [{ kind: 'User', apiGroup: 'rbac.authorization.k8s.io', name: 'reader' }],
  });
  expect(fates(await preview(A, user))).toEqual(['0 a DELETED']);
});
