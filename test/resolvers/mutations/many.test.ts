import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { User } from '../../../src/api/contract.ts';
import { TestGraphQL } from './support.ts';

let g: TestGraphQL;
beforeAll(async () => {
  g = await TestGraphQL.open();
});
afterAll(() => g.close());

const SET = ['a', 'b', 'c'];
beforeEach(async () => {
  await g.t.api.deleteCollection(g.t.ctx(), g.t.target('configmaps'), {}, {});
  for (const name of SET)
    await g.t.create('configmaps', {
      metadata: { name, labels: { set: 'one' } },
      data: { of: name < 'c' ? 'ab' : 'c' },
    });
});

const names = (): string[] =>
  g.t.api.store.list({ resource: 'configmaps', namespace: 't' }).items.map(({ name }) => name);
const valuesOf = (): unknown[] =>
  g.t.api.store.list({ resource: 'configmaps', namespace: 't' }).items.map(({ object }) => object['data']);

interface Many {
  count: number;
  refused: boolean;
  firstRevision: string | null;
  lastRevision: string | null;
  objects: { name: string; action: string | null; diff?: unknown; error: { code: number } | null }[];
}
const RESULT = '{ count refused firstRevision lastRevision objects { name action diff { path op to } error } }';
const update = (args: string) =>
  g.data<{ updateConfigMaps: Many }>(`mutation { updateConfigMaps(namespace: "t", ${args}) ${RESULT} }`);

test('what a filter selects is patched in one transaction', async () => {
  const { updateConfigMaps: done } = await update('labelSelector: "set=one", patch: {data: {n: "1"}}, expectCount: 3');
  expect(done).toMatchObject({ count: 3, refused: false });
  expect(Number(done.lastRevision) - Number(done.firstRevision)).toBe(2);
  expect(done.objects[0]).toEqual({
    name: 'a',
    action: 'CONFIGURED',
    diff: [{ path: 'data.n', op: 'add', to: '1' }],
    error: null,
  });
  expect(valuesOf()).toEqual([
    { of: 'ab', n: '1' },
    { of: 'ab', n: '1' },
    { of: 'c', n: '1' },
  ]);
});

test('with a JSON patch too; a dry run writes nothing', async () => {
  const patch =
    'where: {metadata: {name: {in: ["a", "c"]}}}, type: JSON, patch: [{op: "add", path: "/data/x", value: "y"}]';
  const dry = await update(`${patch}, dryRun: true`);
  expect(dry.updateConfigMaps.objects.map(({ action }) => action)).toEqual(['CONFIGURED', 'CONFIGURED']);
  expect(valuesOf()).toEqual([{ of: 'ab' }, { of: 'ab' }, { of: 'c' }]);
  await update(patch);
  expect(valuesOf()).toEqual([{ of: 'ab', x: 'y' }, { of: 'ab' }, { of: 'c', x: 'y' }]);
});

test.each([
  [
    'labelSelector: "set=one", patch: {data: {n: "1"}}, expectCount: 2',
    409,
    'expected 2 objects, found 3: nothing is written',
  ],
  ['patch: {data: {n: "1"}}', 400, /^say which objects are meant/],
  ['labelSelector: "set=one", type: APPLY, patch: {}', 400, /^an apply is of one object/],
  ['where: {nothing: {eq: 1}}, patch: {}', 400, /nothing/],
])('refuses %s', async (args, code, message) => {
  const { data, errors } = await g.run(`mutation { updateConfigMaps(namespace: "t", ${args}) { count } }`);
  expect(errors?.[0]).toMatchObject({ message: expect.stringMatching(message), extensions: { code } });
  if (data) expect(data).toEqual({ updateConfigMaps: null });
  expect(valuesOf()).toEqual([{ of: 'ab' }, { of: 'ab' }, { of: 'c' }]);
});

test('one that is refused keeps all as they are', async () => {
  await g.t.merge('configmaps', 'b', { immutable: true });
  const { updateConfigMaps: done } = await update('labelSelector: "set=one", patch: {data: {n: "1"}}');
  expect(done).toMatchObject({ refused: true, firstRevision: null });
  expect(done.objects.map(({ action, error }) => action ?? error?.code)).toEqual(['CONFIGURED', 422, 'CONFIGURED']);
  expect(valuesOf()).toEqual([{ of: 'ab' }, { of: 'ab' }, { of: 'c' }]);
});

test('what a filter selects is deleted, as many as was said', async () => {
  const remove = (count: number) =>
    `mutation { deleteConfigMaps(namespace: "t", where: {data: {key: "of", eq: "ab"}}, expectCount: ${count}) ${RESULT} }`;
  const generic = (count: number) =>
    `mutation { deleteObjects(resource: "configmaps", namespace: "t", labelSelector: "set=one", expectCount: ${count}) ${RESULT} }`;
  expect((await g.run(generic(1))).errors?.[0]?.extensions.code).toBe(409);
  expect(names()).toEqual(SET);
  const byLabel = await g.data<{ deleteObjects: Many }>(generic(3));
  expect(byLabel.deleteObjects.objects.map(({ action }) => action)).toEqual(['DELETED', 'DELETED', 'DELETED']);
  expect(names()).toEqual([]);
  expect(remove(0)).toBeTruthy();
});

test('writers that come between are not overwritten: all are selected anew', async () => {
  const bump = async (): Promise<void> => {
    for (let n = 0; n < 20; n++) await g.t.merge('configmaps', 'a', { data: { bumped: String(n) } });
  };
  const many = Array.from({ length: 5 }, (_, n) => update(`labelSelector: "set=one", patch: {data: {m${n}: "1"}}`));
  const [, ...done] = await Promise.all([bump(), ...many]);
  const count = done.filter(({ updateConfigMaps }) => !updateConfigMaps.refused).length;
  const written = names().map(
    (name) => Object.keys(valuesOf()[names().indexOf(name)] as object).filter((key) => /^m\d$/.test(key)).length,
  );
  expect(written).toEqual([count, count, count]);
});

test('it takes the right to list, and to write each', async () => {
  const rule = (verbs: string[]) => ({ apiGroups: [''], resources: ['configmaps'], verbs });
  for (const [user, verbs] of Object.entries({
    lists: ['list'],
    writes: ['patch', 'delete'],
    both: ['list', 'patch'],
  })) {
    await g.t.create('roles.rbac.authorization.k8s.io', { metadata: { name: user }, rules: [rule(verbs)] });
    await g.t.create('rolebindings.rbac.authorization.k8s.io', {
      metadata: { name: user },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: user },
      subjects: [{ kind: 'User', apiGroup: 'rbac.authorization.k8s.io', name: user }],
    });
  }
  const ask = async (name: string) => {
    const user: User = { name, groups: [] };
    const document = `mutation { updateConfigMaps(namespace: "t", labelSelector: "set=one", patch: {data: {n: "1"}}) ${RESULT} }`;
    const { data, errors } = await g.run<{ updateConfigMaps: Many | null }>(document, {}, user);
    return errors?.[0]?.extensions.code ?? data.updateConfigMaps?.objects.map(({ error }) => error?.code ?? 'fine');
  };
  expect(await ask('writes')).toBe(403);
  expect(await ask('lists')).toEqual([403, 403, 403]);
  expect(await ask('both')).toEqual(['fine', 'fine', 'fine']);
});
