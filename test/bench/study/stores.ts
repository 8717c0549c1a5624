import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Write } from '../../../src/store/contract.ts';
import { startEmbeddedPostgres } from '../../../src/store/embedded.ts';
import { openStore } from '../../../src/store/open.ts';
import type { Series } from './series.ts';
import { hasEtcd, startEtcd } from './etcd.ts';

const SIZES = [1_000, 7_000];
const IN_FLIGHT = [1, 16, 64, 128];

/** Writes where the object is at a revision, 0 being absent; gives the new one. */
type Put = (name: string, body: Buffer, revision: number) => Promise<number>;

/** Creates and updates a second of our store and of etcd, both durable, from the same process. */
export async function compareStores(seconds: number, progress: (line: string) => void): Promise<Series[]> {
  const ours = await withStore((put) => measure('ku7s', put, seconds, progress));
  if (!hasEtcd()) {
    progress('etcd is not installed (Debian: etcd-server): the store is measured alone');
    return ours;
  }
  const etcd = await startEtcd();
  try {
    return [
      ...ours,
      ...(await measure(
        'etcd',
        (name, body, revision) => etcd.put(`/registry/pods/bench/${name}`, body, revision),
        seconds,
        progress,
      )),
    ];
  } finally {
    await etcd.stop();
  }
}

async function measure(whose: string, put: Put, seconds: number, progress: (line: string) => void): Promise<Series[]> {
  const series: Series[] = [];
  for (const size of SIZES) {
    for (const verb of ['creates', 'updates'] as const) {
      const points: [number, number][] = [];
      for (const inFlight of IN_FLIGHT) points.push([inFlight, await writes(put, verb, size, inFlight, seconds)]);
      series.push({ chart: `store: ${verb} of ${size / 1000} KB`, x: 'in flight', unit: '/s', name: whose, points });
      progress(`  ${whose} ${verb} ${size} B: ${points.map(([x, y]) => `${x}: ${Math.round(y)}/s`).join(', ')}`);
    }
  }
  return series;
}

/** Each writer makes a new object a time, or one of its own again and again. */
async function writes(
  put: Put,
  verb: 'creates' | 'updates',
  size: number,
  inFlight: number,
  seconds: number,
): Promise<number> {
  const began = performance.now();
  const until = began + seconds * 1000;
  let done = 0;
  const writer = async (id: number): Promise<void> => {
    let revision = 0;
    for (let n = 0; performance.now() < until; n++) {
      const name = verb === 'creates' ? `c-${size}-${inFlight}-${id}-${n}` : `u-${size}-${inFlight}-${id}`;
      const was = verb === 'creates' ? 0 : revision;
      revision = await put(name, bodyOf(name, size), was);
      done += 1;
    }
  };
  await Promise.all(Array.from({ length: inFlight }, (_, id) => writer(id)));
  return (done * 1000) / (performance.now() - began);
}

function bodyOf(name: string, size: number): Buffer {
  const head = `{"metadata":{"name":"${name}","namespace":"bench","uid":"uid-${name}"},"data":"`;
  return Buffer.from(`${head}${'x'.repeat(Math.max(0, size - head.length - 2))}"}`);
}

async function withStore<T>(run: (put: Put) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(path.join(process.env.BENCH_DIR ?? tmpdir(), 'ku7s-bench-'));
  chmodSync(folder, 0o755);
  const postgres = await startEmbeddedPostgres({ dataDir: folder });
  const store = await openStore({ databaseUrl: postgres.url, log: () => undefined });
  try {
    return await run(async (name, body, revision) => {
      const outcome = await store.commit(writeOf(name, body, revision));
      if (!outcome.ok) throw new Error(outcome.why);
      return outcome.stored.revision;
    });
  } finally {
    await store.close();
    await postgres.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** With what the columns of a pod cost: our store indexes by them, etcd has none. */
function writeOf(name: string, body: Buffer, revision: number): Write {
  const columns = {
    uid: `uid-${name}`,
    labels: { app: 'bench', n: name },
    fields: { 'spec.nodeName': 'node-1' },
    owners: undefined,
  };
  const key = { resource: 'pods', namespace: 'bench', name };
  const by = { user: 'bench', manager: 'bench', verb: revision ? 'update' : 'create' } as const;
  return revision
    ? { ...key, by, type: 'update', expect: revision, body, columns }
    : { ...key, by, type: 'create', body, columns };
}
