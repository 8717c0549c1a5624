import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RequestContext, UndoAnswer, User } from '../../../src/api/contract.ts';
import type { Undone } from '../../../src/api/history/contract.ts';
import { withChangeSet } from '../../../src/api/history/change-set.ts';
import type { KubeObject } from '../../../src/meta/object.ts';
import { the } from '../../support/at.ts';
import { admin, TestApi } from '../support.ts';

let t: TestApi;
beforeAll(async () => {
  t = await TestApi.open();
});
afterAll(() => t.close());

const origin = { auditId: 'a', requestUri: '/', sourceIps: ['10.1.2.3'], userAgent: 'test' };
const ctxOf = (user: User = admin): RequestContext => ({ ...t.ctx(user), origin });
const config = (name: string, data: Record<string, string>): KubeObject =>
  ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 't' }, data }) as unknown as KubeObject;

const target = (resource: string, name = '') => t.target(resource, 't', name);
const create = async (object: KubeObject, resource = 'configmaps', ctx = ctxOf()) =>
  t.api.create(ctx, target(resource), { object: structuredClone(object) }, {});
const patch = async (name: string, value: object, resource = 'configmaps', ctx = ctxOf()) =>
  t.api.patch(ctx, target(resource, name), 'application/merge-patch+json', { value: value as never }, {});
const remove = async (name: string, resource = 'configmaps', ctx = ctxOf()) =>
  t.api.delete(ctx, target(resource, name), {});
const read = (name: string, resource = 'configmaps'): KubeObject | undefined =>
  t.api.store.get({ resource, namespace: 't', name })?.object;
/** What one request writes. */
async function together(run: (ctx: RequestContext) => Promise<unknown>): Promise<string> {
  const ctx = withChangeSet(ctxOf());
  await run(ctx);
  return the(ctx.changeSet);
}
const undo = (what: Undone, user: User = admin, dryRun = false): Promise<UndoAnswer> =>
  t.api.undo(ctxOf(user), what, dryRun ? { dryRun: ['All'] } : {});
const last = (): string => String(t.api.store.revision);

describe('undo', () => {
  test('deletes what was created, creates what was deleted and puts back what was changed, all at once', async () => {
    await create(config('changed', { a: '1', b: '1' }));
    await create(config('deleted', { a: '1' }));
    const deleted = read('deleted');
    const changeSet = await together(async (ctx) => {
      await create(config('created', {}), 'configmaps', ctx);
      await patch(
        'changed',
        { data: { a: '2', c: '3', b: null }, metadata: { labels: { x: 'y' } } },
        'configmaps',
        ctx,
      );
      await remove('deleted', 'configmaps', ctx);
    });
    const rehearsed = await undo({ changeSet }, admin, true);
    expect([rehearsed.refusals, rehearsed.bundle?.refused]).toEqual([[], false]);
    expect(read('created')).toBeDefined();

    const done = await undo({ changeSet });
    expect(done.refusals).toEqual([]);
    expect(done.bundle?.steps.map(({ refusal }) => refusal)).toEqual([undefined, undefined, undefined]);
    expect(done.steps.map(({ key, step }) => [key.name, step.verb])).toEqual([
      ['deleted', 'create'],
      ['changed', 'update'],
      ['created', 'delete'],
    ]);
    expect(read('created')).toBeUndefined();
    expect(read('changed')).toMatchObject({ data: { a: '1', b: '1' } });
    expect(read('changed')?.['data']).toEqual({ a: '1', b: '1' });
    expect(read('changed')?.metadata.labels).toBeUndefined();
    expect(read('deleted')?.['data']).toEqual({ a: '1' });
    expect(read('deleted')?.metadata.uid).not.toBe(deleted?.metadata.uid);

    // and an undo is a change like any other
    const again = await undo({ changeSet: the(done.changeSet) });
    expect(again.refusals).toEqual([]);
    expect(read('created')).toBeDefined();
    expect(read('changed')?.['data']).toEqual({ a: '2', c: '3' });
    expect(read('deleted')).toBeUndefined();
  });

  test('leaves alone what others have written beside it, and is refused where they wrote the same fields', async () => {
    await create(config('beside', { a: '1', b: '1' }));
    await patch('beside', { data: { a: '2' } });
    const changeSet = last();
    await patch('beside', { data: { b: '2' } });
    expect((await undo({ changeSet })).refusals).toEqual([]);
    expect(read('beside')?.['data']).toEqual({ a: '1', b: '2' });

    await patch('beside', { data: { a: '3' } });
    const second = last();
    await patch('beside', { data: { a: '4' } });
    const before = t.api.store.revision;
    expect(await undo({ changeSet: second })).toEqual({
      refusals: [
        {
          key: { resource: 'configmaps', namespace: 't', name: 'beside' },
          revision: Number(second),
          reason: 'the same fields have been written since',
          paths: ['data.a'],
        },
      ],
      steps: [],
      bundle: undefined,
      changeSet: undefined,
    });
    expect(t.api.store.revision).toBe(before);
  });

  test('tells apart what two have put into a map that was not there', async () => {
    await create(config('maps', {}));
    await patch('maps', { metadata: { annotations: { mine: '1' } }, data: { mine: '1' } });
    const changeSet = last();
    await patch('maps', { metadata: { annotations: { yours: '2' } }, data: { yours: '2' } });
    expect((await undo({ changeSet })).refusals).toEqual([]);
    expect(read('maps')).toMatchObject({ data: { yours: '2' } });
    expect(read('maps')?.metadata.annotations).toEqual({ yours: '2' });
  });

  test.each<[string, (name: string) => Promise<string>, string | RegExp]>([
    [
      'created, and somebody has written it since',
      async (name) => {
        await create(config(name, {}));
        const changeSet = last();
        await patch(name, { data: { a: '1' } });
        return changeSet;
      },
      'it has been written since',
    ],
    [
      'created, deleted and created again',
      async (name) => {
        await create(config(name, {}));
        const changeSet = last();
        await remove(name);
        await create(config(name, {}));
        return changeSet;
      },
      'it has been created again since',
    ],
    [
      'deleted, and created again',
      async (name) => {
        await create(config(name, {}));
        await remove(name);
        const changeSet = last();
        await create(config(name, {}));
        return changeSet;
      },
      'it has been created again since',
    ],
    [
      'changed, and deleted',
      async (name) => {
        await create(config(name, {}));
        await patch(name, { data: { a: '1' } });
        const changeSet = last();
        await remove(name);
        return changeSet;
      },
      'it has been deleted since',
    ],
    [
      'deleted, and its owner too',
      async (name) => {
        await create(config(`${name}-owner`, {}));
        const { uid } = the(read(`${name}-owner`)).metadata;
        const owner = { apiVersion: 'v1', kind: 'ConfigMap', name: `${name}-owner`, uid };
        const owned = config(name, {});
        owned.metadata.ownerReferences = [owner];
        await create(owned);
        await remove(name);
        const changeSet = last();
        await remove(`${name}-owner`);
        return changeSet;
      },
      /^its owner ConfigMap .*-owner is gone$/,
    ],
    [
      'marked for deletion, and waits for a finalizer',
      async (name) => {
        const object = config(name, {});
        object.metadata.finalizers = ['example.com/wait'];
        await create(object);
        await remove(name);
        return last();
      },
      'it is being deleted, which cannot be stopped',
    ],
  ])('is refused of what was %s', async (what, run, reason) => {
    const changeSet = await run(`refused-${what.replace(/[^a-z]+/g, '-')}`);
    const { refusals, bundle } = await undo({ changeSet });
    expect(bundle).toBeUndefined();
    expect(refusals).toHaveLength(1);
    expect(refusals[0]?.reason).toEqual(typeof reason === 'string' ? reason : expect.stringMatching(reason));
  });

  test('does nothing about what is undone already', async () => {
    await create(config('gone', {}));
    const changeSet = last();
    await remove('gone');
    expect(await undo({ changeSet })).toEqual({
      refusals: [],
      steps: [],
      bundle: undefined,
      changeSet: undefined,
    });
  });

  test('what the cluster itself has filled in goes with what was created', async () => {
    await create(config('filled', {}));
    const changeSet = last();
    await patch('filled', { metadata: { annotations: { 'example.com/revision': '1' } } }, 'configmaps', {
      ...ctxOf({ name: 'system:serviceaccount:kube-system:deployment-controller', groups: ['system:masters'] }),
    });
    expect((await undo({ changeSet })).refusals).toEqual([]);
    expect(read('filled')).toBeUndefined();
  });

  test('a range of revisions, of one user in one namespace', async () => {
    const bob: User = { name: 'bob', groups: ['system:masters'] };
    await create(config('range', { a: '1', b: '1' }));
    const from = t.api.store.revision + 1;
    await patch('range', { data: { a: '2' } }, 'configmaps', ctxOf(bob));
    await patch('range', { data: { b: '2' } });
    await patch('range', { data: { a: '3' } }, 'configmaps', ctxOf(bob));
    const to = t.api.store.revision;
    expect((await undo({ from, to, user: 'bob', namespaces: ['t'] })).refusals).toEqual([]);
    expect(read('range')?.['data']).toEqual({ a: '1', b: '2' });
    await expect(undo({ from: 5, to: 4 })).rejects.toMatchObject({ code: 400 });
  });

  test('a Secret is put back, and nobody is told what it was', async () => {
    const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 's', namespace: 't' }, data: { k: 'b2xk' } };
    await create(secret as unknown as KubeObject, 'secrets');
    await patch('s', { data: { k: 'bmV3' } }, 'secrets');
    const changeSet = last();
    const done = await undo({ changeSet });
    expect(done.refusals).toEqual([]);
    expect(read('s', 'secrets')?.['data']).toEqual({ k: 'b2xk' });
  });

  test('a change set that is not there, or that one may not get the whole of, is the same 404', async () => {
    await create(config('hidden', {}));
    const changeSet = last();
    const nobody: User = { name: 'nobody', groups: ['system:authenticated'] };
    const messages = await Promise.all(
      [changeSet, '99999999'].map((each) =>
        undo({ changeSet: each }, nobody).then(
          () => 'done',
          (error: Error) => error.message.replace(each, 'X'),
        ),
      ),
    );
    expect(messages).toEqual(['changesets "X" not found', 'changesets "X" not found']);
  });
});
