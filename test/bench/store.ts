/**
 * Write rates of the store over an embedded, durable Postgres: writes a second with 1, 16, 64 and 128 in flight, of
 * 1 KB and 7 KB; then consistent reads, lists and the time to load 10,000 objects. Bundle it with esbuild and run it.
 */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Store, Write } from '../../src/store/contract.ts';
import { startEmbeddedPostgres } from '../../src/store/embedded.ts';
import { openStore } from '../../src/store/open.ts';

const SECONDS = Number(process.env.SECONDS ?? 3);

function writeOf(type: 'create' | 'update', name: string, size: number, expect: number): Write {
  const uid = `uid-${name}`;
  const head = `{"metadata":{"name":"${name}","namespace":"bench","uid":"${uid}"},"data":"`;
  const body = Buffer.from(`${head}${'x'.repeat(Math.max(0, size - head.length - 2))}"}`);
  const columns = { uid, labels: { app: 'bench', n: name }, fields: { 'spec.nodeName': 'node-1' }, owners: undefined };
  const key = { resource: 'pods', namespace: 'bench', name };
  const by = { user: 'bench', manager: 'bench', verb: type };
  return type === 'create' ? { ...key, by, type, body, columns } : { ...key, by, type, expect, body, columns };
}

/** Each of `inFlight` writers creates an object and then updates it, `updates` times per create. */
async function writes(store: Store, inFlight: number, size: number, updates: number): Promise<number> {
  const until = performance.now() + SECONDS * 1000;
  let done = 0;
  const run = `${inFlight}-${size}-${updates}`;
  const writer = async (id: number): Promise<void> => {
    for (let n = 0; performance.now() < until; n++) {
      const name = `w-${run}-${id}-${n}`;
      let outcome = await store.commit(writeOf('create', name, size, 0));
      for (let u = 0; ; u++) {
        if (!outcome.ok) throw new Error(outcome.why);
        done += 1;
        if (u === updates) break;
        outcome = await store.commit(writeOf('update', name, size, outcome.stored.revision));
      }
    }
  };
  const start = performance.now();
  await Promise.all(Array.from({ length: inFlight }, (_, id) => writer(id)));
  return Math.round((done * 1000) / (performance.now() - start));
}

async function freshReads(store: Store, inFlight: number): Promise<number> {
  const until = performance.now() + 1000;
  let done = 0;
  const reader = async (): Promise<void> => {
    while (performance.now() < until) {
      await store.fresh();
      done += 1;
    }
  };
  await Promise.all(Array.from({ length: inFlight }, reader));
  return done;
}

const folder = mkdtempSync(path.join(process.env.BENCH_DIR ?? tmpdir(), 'ku7s-bench-'));
chmodSync(folder, 0o755);
const server = await startEmbeddedPostgres({ dataDir: folder });
try {
  const databaseUrl = process.env.DATABASE_URL ?? server.url;
  let store = await openStore({ databaseUrl, log: console.error });
  for (const size of [1_000, 7_000]) {
    for (const updates of [0, 9]) {
      for (const inFlight of [1, 16, 64, 128]) {
        const rate = await writes(store, inFlight, size, updates);
        console.log(`${updates ? 'updates' : 'creates'} ${size} B, ${inFlight} in flight: ${rate}/s`);
      }
    }
  }
  for (const inFlight of [1, 16, 64])
    console.log(`fresh, ${inFlight} in flight: ${await freshReads(store, inFlight)}/s`);
  await store.close();

  let start = performance.now();
  store = await openStore({ databaseUrl });
  const count = store.count({ resource: 'pods' });
  console.log(`open with ${count} objects: ${Math.round(performance.now() - start)} ms`);
  start = performance.now();
  store.list({ resource: 'pods', namespace: 'bench' });
  console.log(`first list: ${(performance.now() - start).toFixed(2)} ms`);
  await store.commit(writeOf('create', 'zzz', 1_000, 0));
  start = performance.now();
  store.list({ resource: 'pods', namespace: 'bench' });
  console.log(`list after a create: ${(performance.now() - start).toFixed(2)} ms`);
  await store.close();
} finally {
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
}
