import { afterAll, beforeAll, expect, test } from 'vitest';
import type { RequestContext } from '../../../src/api/contract.ts';
import { the } from '../../support/at.ts';
import { TestApi } from '../support.ts';

let t: TestApi;
beforeAll(async () => {
  t = await TestApi.open();
});
afterAll(() => t.close());

const root = { name: 'root', groups: [] };
const originOf = (...sourceIps: string[]) => ({ auditId: 'a', requestUri: '/', sourceIps, userAgent: 'kubectl/1' });

test.each<[string, Partial<RequestContext>, object]>([
  ['from REST', { origin: originOf('10.0.0.1') }, { facade: 'rest', client: '10.0.0.1' }],
  // what a header claims is anybody's word: the address is the connection's own
  ['through a proxy', { origin: originOf('1.2.3.4', '10.0.0.2') }, { facade: 'rest', client: '10.0.0.2' }],
  ['from GraphQL', { origin: originOf('::1'), facade: 'graphql' }, { facade: 'graphql', client: '::1' }],
  [
    'of who acts for another',
    { origin: originOf('::1'), impersonator: root },
    { facade: 'rest', impersonator: 'root' },
  ],
  // nobody stands behind a loop but the program
  ['of a loop', { impersonator: root }, { facade: 'loop', client: undefined, impersonator: undefined }],
])('a write %s is remembered as that', async (name, more, expected) => {
  const object = { metadata: { name: name.toLowerCase().replaceAll(' ', '-') } };
  const target = t.target('configmaps');
  const ctx = { ...t.ctx(), ...more };
  await t.api.create(ctx, target, { object: object as never }, { fieldManager: 'ci' });
  const { items } = await t.api.history(t.ctx(), { ...target, name: object.metadata.name }, {}, {});
  expect(items).toHaveLength(1);
  const { user, manager, verb, facade, client, impersonator } = the(items[0]);
  expect({ user, manager, verb, facade, client, impersonator }).toMatchObject({
    user: 'admin',
    manager: 'ci',
    verb: 'create',
    ...expected,
  });
});

test('what a delete of a collection takes is one change, and so is a mark and the removal behind it', async () => {
  const label = { metadata: { labels: { of: 'collection' } } };
  for (const name of ['c1', 'c2', 'c3']) await t.create('configmaps', { metadata: { ...label.metadata, name } });
  await t.api.deleteCollection(t.ctx(), t.target('configmaps'), { labelSelector: 'of=collection' }, {});
  const deleted = await t.api.changes(t.ctx(), { kinds: ['configmaps'] }, { verbs: ['delete'] }, {});
  expect(deleted.items).toHaveLength(3);
  expect(new Set(deleted.items.map(({ changeSet }) => changeSet)).size).toBe(1);

  await t.create('pods', { metadata: { name: 'p' }, spec: { containers: [{ name: 'c', image: 'i' }] } });
  await t.delete('pods', 'p', { gracePeriodSeconds: 0 });
  const pod = await t.api.history(t.ctx(), t.target('pods', 't', 'p'), { verbs: ['delete'] }, {});
  expect(pod.items.map(({ type }) => type)).toEqual(['DELETED', 'MODIFIED']);
  expect(new Set(pod.items.map(({ changeSet }) => changeSet)).size).toBe(1);
});
