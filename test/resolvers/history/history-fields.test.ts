import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { User } from '../../../src/api/contract.ts';
import { the } from '../../support/at.ts';
import { admin } from '../../api/support.ts';
import { TestGraphQL } from '../mutations/support.ts';

let g: TestGraphQL;
beforeAll(async () => {
  g = await TestGraphQL.open();
  const { t } = g;
  await t.create('namespaces', { metadata: { name: 'other' } }, '');
  await t.create('roles.rbac.authorization.k8s.io', {
    metadata: { name: 'reader' },
    rules: [{ apiGroups: [''], resources: ['configmaps', 'secrets'], verbs: ['get', 'list'] }],
  });
  await t.create('rolebindings.rbac.authorization.k8s.io', {
    metadata: { name: 'reader' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'reader' },
    subjects: [{ kind: 'User', name: 'reader', apiGroup: 'rbac.authorization.k8s.io' }],
  });
});
afterAll(() => g.close());

const reader: User = { name: 'reader', groups: ['system:authenticated'] };
const nobody: User = { name: 'nobody', groups: ['system:authenticated'] };

interface Told {
  revision: string;
  at: string;
  type: string;
  verb: string;
  user: string;
  resource: string;
  namespace: string | null;
  name: string;
  changeSet: string;
  before: unknown;
  after: unknown;
  diff: { path: string; op: string; from: unknown; to: unknown }[] | null;
}
interface Page {
  items: Told[];
  continue: string | null;
}
const TOLD = `items { revision at type verb user manager client facade impersonator resource namespace name changeSet
  before after diff { path op from to } } continue`;
const history = async (variables: object, user = admin): Promise<Page> =>
  (
    await g.data<{ history: Page }>(
      `query($resource: String!, $namespace: String, $name: String!, $first: Int, $after: String, $verbs: [String!]) {
        history(resource: $resource, namespace: $namespace, name: $name, first: $first, after: $after, verbs: $verbs) { ${TOLD} }
      }`,
      { resource: 'configmaps', namespace: 't', ...variables },
      user,
    )
  ).history;
const changes = async (variables: object, user = admin): Promise<Page> =>
  (
    await g.data<{ changes: Page }>(
      `query($kinds: [String!], $namespaces: [String!], $user: String, $verbs: [String!], $since: Time, $until: Time,
        $changeSet: String, $where: JSON, $first: Int, $after: String) {
        changes(kinds: $kinds, namespaces: $namespaces, user: $user, verbs: $verbs, since: $since, until: $until,
          changeSet: $changeSet, where: $where, first: $first, after: $after) { ${TOLD} }
      }`,
      { ...variables },
      user,
    )
  ).changes;
const config = (name: string, data: Record<string, string>) => ({ metadata: { name }, data });

describe('the history of an object', () => {
  test('says who, when, how and what, newest first, in pages, and outlives the object', async () => {
    await g.t.create('configmaps', config('told', { a: '1' }));
    await g.t.merge('configmaps', 'told', { data: { a: '2' } });
    await g.t.delete('configmaps', 'told');
    const { items } = await history({ name: 'told' });
    expect(items.map(({ type, verb, user }) => [type, verb, user])).toEqual([
      ['DELETED', 'delete', 'admin'],
      ['MODIFIED', 'patch', 'admin'],
      ['ADDED', 'create', 'admin'],
    ]);
    expect(items[1]).toMatchObject({
      before: { kind: 'ConfigMap', data: { a: '1' } },
      after: { data: { a: '2' } },
      diff: [{ path: 'data.a', op: 'replace', from: '1', to: '2' }],
    });
    expect(items[0]).toMatchObject({ before: { data: { a: '2' } }, after: null });
    expect(items.every(({ before, after }) => !JSON.stringify([before, after]).includes('managedFields'))).toBe(true);

    const first = await history({ name: 'told', first: 2 });
    const second = await history({ name: 'told', first: 2, after: first.continue });
    expect([...first.items, ...second.items]).toEqual(items);
    expect(second.continue).toBeNull();
    expect((await history({ name: 'told', verbs: ['create'] })).items).toHaveLength(1);
    await expect(history({ name: 'told', after: 'x' })).rejects.toThrow('not a cursor');
    await expect(history({ name: 'told', first: 0 })).rejects.toThrow('first must be between 1 and 500');
  });

  test('is a field of the object too', async () => {
    await g.t.create('configmaps', config('field', { a: '1' }));
    await g.t.merge('configmaps', 'field', { data: { a: '2' } });
    const query = `{ configMap(namespace: "t", name: "field") { history(first: 1) { items { verb diff { path } } continue } } }`;
    expect(await g.data(query)).toMatchObject({
      configMap: { history: { items: [{ verb: 'patch', diff: [{ path: 'data.a' }] }] } },
    });
  });

  test('is for who may get the object now', async () => {
    await g.t.create('configmaps', config('private', {}));
    const who = (user: User, namespace = 't') =>
      history({ name: 'private', namespace }, user).then(
        ({ items }) => items.length,
        (error: Error) => /cannot get resource/.exec(error.message)?.[0],
      );
    expect(await who(reader)).toBe(1);
    expect(await who(reader, 'other')).toBe('cannot get resource');
    expect(await who(nobody)).toBe('cannot get resource');
  });
});

describe('values that are nobody’s to see', () => {
  test('of Secrets: only which fields changed is told, whatever they were changed by', async () => {
    const hidden = ['aGlkZGVuLTE=', 'aGlkZGVuLTI=', 'hidden-3', 'hidden-4'];
    const [one, two, three, four] = hidden;
    await g.t.create('secrets', {
      metadata: {
        name: 's',
        annotations: { 'kubectl.kubernetes.io/last-applied-configuration': `{"stringData":{"k":"${three}"}}` },
        labels: { l: 'hidden-4' },
      },
      data: { k: one },
    });
    await g.t.merge('secrets', 's', { data: { k: two, more: two } });
    await g.t.merge('secrets', 's', { data: { more: null }, metadata: { labels: { l: four } } });
    await g.t.delete('secrets', 's');
    for (const user of [admin, reader]) {
      const { items } = await history({ resource: 'secrets', name: 's' }, user);
      expect(
        items.map(({ diff }) => diff?.map(({ path, op }) => `${op} ${path}`).filter((d) => / data\./.test(d))),
      ).toEqual([['remove data.k'], ['remove data.more'], ['replace data.k', 'add data.more'], ['add data.k']]);
      const all = JSON.stringify([
        items,
        await changes({ kinds: ['secrets'] }, user),
        await g.run(
          'mutation { undo(fromRevision: "1", toRevision: "400", kinds: ["secrets"], dryRun: true) { done refusals { reason paths } steps { verb object error } } }',
          {},
          user,
        ),
      ]);
      for (const value of hidden) expect(all).not.toContain(value);
    }
    const { items } = await changes({ kinds: ['secrets'], where: { metadata: { name: { eq: 's' } } } });
    expect(items).toEqual([]);
  });
});

describe('changes', () => {
  test('are those of what one may list: the rest is left out without a trace', async () => {
    await g.t.create('configmaps', config('seen', {}));
    await g.t.create('configmaps', config('unseen', {}), 'other');
    await g.t.create('services', { metadata: { name: 'unseen' }, spec: { ports: [{ port: 80 }] } });
    const told = await changes({ first: 500 }, reader);
    expect(new Set(told.items.map(({ resource, namespace }) => `${namespace}/${resource}`))).toEqual(
      new Set(['t/configmaps', 't/secrets']),
    );
    expect(told.continue).toBeNull();
    expect(await changes({}, nobody)).toEqual({ items: [], continue: null });
    expect(await changes({ kinds: ['services', 'nodes'], namespaces: ['t', 'other', 'none'] }, reader)).toEqual({
      items: [],
      continue: null,
    });
    // pages end where what may be seen ends
    const pages: string[] = [];
    let after: string | null = null;
    do {
      const page: Page = await changes({ first: 3, after }, reader);
      pages.push(...page.items.map(({ revision }) => revision));
      after = page.continue;
    } while (after);
    expect(pages).toEqual(told.items.map(({ revision }) => revision));
  });

  test('by kind, namespace, user, verb, time, request and fields', async () => {
    const bob: User = { name: 'bob', groups: ['system:masters'] };
    const [first] = (await changes({ first: 1 })).items;
    await g.t.create('configmaps', config('by-bob', { colour: 'red' }), 'other', bob);
    await g.t.create('configmaps', config('by-bob-2', { colour: 'blue' }), 't', bob);
    const names = async (variables: object): Promise<string[]> =>
      (await changes({ user: 'bob', ...variables })).items.map(({ name }) => name);
    expect(await names({})).toEqual(['by-bob-2', 'by-bob']);
    expect(await names({ kinds: ['configmaps'], namespaces: ['other'] })).toEqual(['by-bob']);
    expect(await names({ kinds: ['pods'] })).toEqual([]);
    expect(await names({ verbs: ['update'] })).toEqual([]);
    expect(await names({ kinds: ['configmaps'], where: { metadata: { name: { endsWith: '-2' } } } })).toEqual([
      'by-bob-2',
    ]);
    const [newest] = (await changes({ user: 'bob', first: 1 })).items;
    expect(await names({ changeSet: the(newest).changeSet })).toEqual(['by-bob-2']);
    expect(await names({ until: the(first).at })).toEqual([]);
    expect(await names({ since: the(first).at })).toEqual(['by-bob-2', 'by-bob']);
    await expect(names({ since: 'yesterday' })).rejects.toThrow();
    await expect(names({ where: { metadata: { name: { eq: 'x' } } } })).rejects.toThrow('say the kinds');
    await expect(names({ kinds: ['configmaps'], where: { nothing: { eq: 'x' } } })).rejects.toThrow();
  });

  test.each(['kinds', 'namespaces', 'verbs'])('are not asked of by more than a hundred %s', async (list) => {
    const many = { [list]: Array.from({ length: 101 }, (_, i) => `n${i}`) };
    await expect(changes(many)).rejects.toThrow(`${list}: more than 100`);
    if (list === 'verbs') return;
    const undo = `mutation ($many: [String!]) { undo(fromRevision: "1", toRevision: "2", ${list}: $many) { done } }`;
    await expect(g.data(undo, { many: many[list] })).rejects.toThrow(`${list}: more than 100`);
  });

  test('of one operation are one change set', async () => {
    const delta =
      'mutation { a: patchObject(resource: "configmaps", namespace: "t", name: "seen", patch: {data: {a: "1"}}) b: patchObject(resource: "configmaps", namespace: "t", name: "seen", patch: {data: {b: "1"}}) }';
    await g.data(delta);
    const [b, a] = (await history({ name: 'seen', first: 2 })).items;
    expect(the(a).changeSet).toBe(the(b).changeSet);
    const undone = await g.data<{ undo: { done: boolean; steps: { verb: string; object: { data?: unknown } }[] } }>(
      'mutation($changeSet: String) { undo(changeSet: $changeSet) { done changeSet steps { verb name object } refusals { reason } } }',
      { changeSet: the(a).changeSet },
    );
    expect(undone.undo).toMatchObject({ done: true, steps: [{ verb: 'update', name: 'seen' }] });
    expect(undone.undo.steps[0]?.object.data).toBeUndefined();
  });
});

describe('asOf', () => {
  test.each([
    ['x', 400, /neither a revision nor an RFC 3339 time/],
    ['0', 400, /neither a revision/],
    ['-1', 400, /neither a revision/],
    ['2026-13-01T00:00:00Z', 400, /neither a revision/],
    ['2026-01-01', 400, /neither a revision/],
    ['9999999999999999999', 400, /neither a revision/],
    ['9999-01-01T00:00:00Z', 400, /is yet to come/],
    ['999999999', 504, /Too large resource version/],
    ['1970-01-01T00:00:01Z', 410, /is kept any more/],
  ])('%s is refused with %i', async (asOf, code, message) => {
    for (const field of [
      'configMaps(namespace: "t", asOf: $asOf) { items { _json } }',
      'configMap(namespace: "t", name: "seen", asOf: $asOf) { _json }',
    ]) {
      const { errors } = await g.run(`query($asOf: String) { ${field} }`, { asOf });
      expect(errors?.[0]?.extensions.code).toBe(code);
      expect(errors?.[0]?.message).toMatch(message);
    }
  });

  test('a time is the state at it, relations too', async () => {
    await g.t.create('configmaps', config('timed', { v: '1' }));
    const [made] = (await history({ name: 'timed', first: 1 })).items;
    // until the next write has another time
    while (Date.now() <= Date.parse(the(made).at)) await new Promise((resolve) => setImmediate(resolve));
    await g.t.merge('configmaps', 'timed', { data: { v: '2' } });
    const read = async (asOf: string) =>
      (
        await g.data<{ configMap: { _json: { data: unknown } } }>(
          'query($asOf: String) { configMap(namespace: "t", name: "timed", asOf: $asOf) { _json } }',
          { asOf },
        )
      ).configMap._json.data;
    expect(await read(the(made).at)).toEqual({ v: '1' });
    expect(await read(the(made).revision)).toEqual({ v: '1' });
    expect(await read(new Date().toISOString())).toEqual({ v: '2' });
  });
});
