import { afterAll, beforeAll, expect, test } from 'vitest';
import { Connection } from '../../src/store/connection.ts';
import type { Store } from '../../src/store/contract.ts';
import { openStore } from '../../src/store/open.ts';
import type { Retention } from '../../src/store/retention.ts';
import { compactOnce } from '../support/compact-once.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { create, keyOf, remove, update } from '../support/write.ts';
import { the } from '../support/at.ts';

let database: TestDatabase;
let connection: Connection;
let store: Store;
let now = 0;
const log = (): void => undefined;
beforeAll(async () => {
  database = await createDatabase();
  store = await openStore({
    databaseUrl: database.url,
    ringSize: 10,
    retention: { versions: 1 },
    clock: { now: () => now },
  });
  connection = new Connection({ url: database.url, name: 'test', statementMs: 10_000, log });
});
afterAll(async () => {
  await connection.close();
  await store.close();
  await database.drop();
});

const round = (retention: Partial<Retention>): Promise<number> => compactOnce(database.url, retention, now);

test('history goes by age, within the bounds in number, and the present stays', async () => {
  const revisions: number[] = [];
  let last = 0;
  for (let i = 0; i < 2_400; i++) {
    now = i * 1_000;
    const key = keyOf(`k${Math.floor(i / 3)}`);
    const outcome = await store.commit(
      i % 3 === 0 ? create(key, i) : i % 3 === 1 || i % 2 ? update(key, last, i) : remove(key, last),
    );
    last = outcome.ok ? outcome.stored.revision : 0;
    revisions.push(last);
  }
  const before = store.list({ resource: 'things' }).items.map(({ bytes }) => bytes.toString());
  const bounds = { minRevisions: 1, maxRevisions: 100_000, versions: 1 };
  expect(await round({ ...bounds, ms: 10_000_000 })).toBe(0);
  expect(await round({ ...bounds, ms: 2_000_000, minRevisions: 2_390 })).toBe(store.revision - 2_390);
  expect(await round({ ...bounds, ms: 1_000_000 })).toBe(revisions[1_399]);
  const middle = the(revisions[1_399]);
  const then = await store.listAt({ resource: 'things' }, middle);
  expect(await round({ ...bounds, ms: 1_000_000_000, maxRevisions: 100 })).toBe(store.revision - 100);
  await expect(store.listAt({ resource: 'things' }, middle)).rejects.toThrow('compacted');
  expect(then.items.length).toBeGreaterThan(200);

  await store.compact(store.revision);
  const [counted] = await connection.query<{ rows: number }>({ text: 'SELECT count(*) AS rows FROM revision' });
  expect(counted?.rows).toBe(before.length);
  const again = await openStore({ databaseUrl: database.url });
  expect(again.list({ resource: 'things' }).items.map(({ bytes }) => bytes.toString())).toEqual(before);
  await again.close();
});
