import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, test, vi } from 'vitest';
import { PATIENCE_MS } from '../support/patience.ts';
import type { Store } from '../../src/store/contract.ts';
import { startEmbeddedPostgres } from '../../src/store/embedded.ts';
import { openStore } from '../../src/store/open.ts';
import type { Provider } from '../../src/store/sealing/provider.ts';
import { Sealer } from '../../src/store/sealing/sealer.ts';
import { Witness } from '../support/witness.ts';
import { create, keyOf } from '../support/write.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'ku7s-crash-'));
chmodSync(folder, 0o755);
const keys = mkdtempSync(path.join(tmpdir(), 'ku7s-crash-keys-'));
afterAll(() => {
  for (const each of [folder, keys]) rmSync(each, { recursive: true, force: true });
});

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

test.each([
  ['in the open', {}],
  [
    'sealed',
    { keyFile: path.join(keys, 'key'), sealer: (own: Provider) => new Sealer(new Map([['things', [own]]]), own) },
  ],
])(
  'Postgres killed in the middle of writes, %s: the store goes on with all that was acknowledged',
  async (how, sealing) => {
    const server = await startEmbeddedPostgres({ dataDir: path.join(folder, how) });
    const store = await openStore({ databaseUrl: server.url, ...sealing });
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
      // it is started again without being asked
      await vi.waitFor(() => store.fresh(), { timeout: PATIENCE_MS, interval: 50 });
    }
    const other = await openStore({ databaseUrl: server.url, ...sealing });
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
  },
);
