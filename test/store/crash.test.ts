import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, test, vi } from 'vitest';
import { PATIENCE_MS } from '../support/patience.ts';
import type { Store } from '../../src/store/contract.ts';
import { startEmbeddedPostgres } from '../../src/store/embedded.ts';
import { openStore } from '../../src/store/open.ts';
import { Witness } from '../support/witness.ts';
import { create, keyOf } from '../support/write.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'ku7s-crash-'));
chmodSync(folder, 0o755);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Writes until it fails; what was acknowledged goes into the map. */
async function writeUntilItFails(store: Store, prefix: string, acknowledged: Map<string, number>): Promise<void> {
  for (let n = 0; ; n++) {
    const key = keyOf(`${prefix}-${n}`);
    try {
      const outcome = await store.commit(create(key, n));
      if (outcome.ok) acknowledged.set(key.name, outcome.stored.revision);
    } catch {
      return;
    }
  }
}

test('Postgres killed in the middle of writes: the store goes on with all that was acknowledged', async () => {
  let server = await startEmbeddedPostgres({ dataDir: folder });
  const port = Number(new URL(server.url).port);
  const store = await openStore({ databaseUrl: server.url });
  const witness = new Witness(store, { resource: 'things' }, store.revision);
  const acknowledged = new Map<string, number>();
  for (let round = 0; round < 2; round++) {
    const writers = Array.from({ length: 16 }, (_, i) => writeUntilItFails(store, `r${round}-${i}`, acknowledged));
    const before = acknowledged.size;
    await vi.waitFor(() => expect(acknowledged.size).toBeGreaterThan(before + 300), {
      timeout: PATIENCE_MS,
      interval: 5,
    });
    process.kill(server.pid, 'SIGKILL');
    await Promise.all(writers);
    server = await startEmbeddedPostgres({ dataDir: folder, port });
    await vi.waitFor(() => store.fresh(), { timeout: PATIENCE_MS, interval: 50 });
  }
  const other = await openStore({ databaseUrl: server.url });
  expect(other.revision).toBe(store.revision);
  for (const [name, revision] of acknowledged) expect(other.get(keyOf(name))?.revision).toBe(revision);
  const all = other
    .list({ resource: 'things' })
    .items.map(({ revision }) => revision)
    .sort((a, b) => a - b);
  expect(all).toEqual(all.map((_, i) => i + 2));
  expect(witness.revisions.slice(1)).toEqual(all);
  expect(witness.faultsAgainst(other)).toEqual([]);

  const resumed: number[] = [];
  other.watch({ resource: 'things' }, 1, {
    onEvents: (events) => resumed.push(...events.map((e) => e.revision)),
    onEnd: () => undefined,
  });
  await vi.waitFor(() => expect(resumed).toHaveLength(all.length), { timeout: PATIENCE_MS });
  expect(resumed).toEqual(all);
  await Promise.all([store.close(), other.close()]);
  await server.stop();
});
