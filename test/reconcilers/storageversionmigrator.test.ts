import { expect, it } from 'vitest';
import type { Context } from '../../src/control/contract.ts';
import { invalidObject, StatusError } from '../../src/meta/status.ts';
import { storageversionmigrator } from '../../src/reconcilers/storageversionmigrator.ts';

const OBJECTS = 100;
const busy = new StatusError({ message: 'busy', reason: 'ServiceUnavailable', code: 503 });
const refused = invalidObject({ group: '', kind: 'ConfigMap' }, 'c', []);

/** A migration of config maps that runs; `patch` answers each write by its number. */
function migrating(patch: (number: number) => Promise<void>) {
  const seen = { patches: 0, running: 0, most: 0, conditions: [] as (string | undefined)[][] };
  const migration = {
    metadata: { name: 'm', creationTimestamp: '2026-01-01T00:00:00Z' },
    spec: { resource: { group: '', resource: 'configmaps' } },
    status: { resourceVersion: '1000', conditions: [{ type: 'Running', status: 'True' }] },
  };
  const items = Array.from({ length: OBJECTS }, (_, i) => ({
    metadata: { name: `c${i}`, namespace: 'a', uid: `${i}`, resourceVersion: '1' },
  }));
  const verbs = ['update', 'patch', 'list'];
  const client = {
    resources: () =>
      Promise.resolve([
        { resource: 'configmaps', group: '', version: 'v1', kind: 'ConfigMap', verbs, namespaced: true },
      ]),
    list: () => Promise.resolve({ items }),
    async patch() {
      seen.most = Math.max(seen.most, ++seen.running);
      await patch(seen.patches++).finally(() => seen.running--);
    },
    update(_: string, { status }: { status: { conditions: { type: string; status: string; message?: string }[] } }) {
      seen.conditions = status.conditions.map(({ type, status: is, message }) => [type, is, message]);
      return Promise.resolve();
    },
  };
  const ctx = {
    client,
    informer: () => ({ get: () => migration }),
    clock: { now: () => 0 },
    signal: new AbortController().signal,
  } as unknown as Context;
  return { seen, run: () => storageversionmigrator.reconcile('m', ctx) };
}
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

it('a few objects at once are written', async () => {
  const { seen, run } = migrating(turn);
  await run();
  expect([seen.patches, seen.most]).toEqual([OBJECTS, 8]);
  expect(seen.conditions).toContainEqual(['Succeeded', 'True', '']);
});

it('an API that has no time is not asked on until it is tried again', async () => {
  const { seen, run } = migrating(async (number) => {
    await turn();
    if (number === 3) throw busy;
    await turn();
  });
  await expect(run()).rejects.toBe(busy);
  // all that was asked for is answered, and no more than was under way
  expect(seen.running).toBe(0);
  expect(seen.patches).toBeLessThanOrEqual(8);
  expect(seen.conditions).toEqual([]);
});

it('an object that is refused ends it', async () => {
  const { seen, run } = migrating(async (number) => {
    await turn();
    if (number === 3) throw refused;
  });
  await run();
  expect(seen.patches).toBeLessThan(OBJECTS);
  expect(seen.conditions).toContainEqual(['Running', 'False', undefined]);
  expect(seen.conditions).toContainEqual([
    'Failed',
    'True',
    `migration encountered unhandled error: ${refused.message}`,
  ]);
});
