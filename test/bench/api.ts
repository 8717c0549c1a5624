/**
 * CPU of this thread for one write through the pipeline (from bytes to the answer's bytes), without a façade: creates,
 * status patches and renewals over an embedded, durable Postgres. Bundle it with esbuild and run it; `PROFILE=file`
 * leaves a CPU profile. CPU and not time, so that it says something on a machine that is busy.
 */
import { generateKeyPairSync } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { Session } from 'node:inspector/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createApi } from '../../src/api/api.ts';
import type { RequestContext, Target } from '../../src/api/contract.ts';
import { objectBytes } from '../../src/kinds/encode.ts';
import { createRegistry } from '../../src/kinds/registry.ts';
import { startEmbeddedPostgres } from '../../src/store/embedded.ts';
import { openStore } from '../../src/store/open.ts';
import { configMap, lease, smallPod } from './fixtures.ts';

const COUNT = Number(process.env.COUNT ?? 10_000);
const ROUNDS = Number(process.env.ROUNDS ?? 3);
const NAMESPACE = 'default';

const { privateKey, publicKey } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
});
const folder = mkdtempSync(path.join(tmpdir(), 'ku7s-bench-'));
chmodSync(folder, 0o755);
const postgres = await startEmbeddedPostgres({ dataDir: folder });
const store = await openStore({ databaseUrl: postgres.url, log: console.error });
const registry = createRegistry();
const api = await createApi({ registry, store, serviceAccountKeys: { privateKey, publicKey } });
const ctx: RequestContext = {
  user: { name: 'bench', groups: ['system:masters'] },
  agent: 'bench',
  warn: () => undefined,
};

function target(resource: string, name = '', subresource = ''): Target {
  return { kind: registry.preferred(resource)!, namespace: NAMESPACE, name, subresource };
}

/** µs of CPU for each of `count` calls, `inFlight` at once. */
async function cost(
  inFlight: number,
  count: number,
  call: (n: number) => Promise<{ stored?: unknown }>,
): Promise<number> {
  const before = process.cpuUsage();
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let n = next++; n < count; n = next++) await call(n);
  };
  await Promise.all(Array.from({ length: inFlight }, worker));
  const { user, system } = process.cpuUsage(before);
  return (user + system) / count;
}

let serial = 0;
async function create(resource: string, body: string): Promise<{ stored?: unknown }> {
  const place = target(resource);
  const answer = await api.create(ctx, place, { bytes: Buffer.from(body), contentType: 'application/json' }, {});
  objectBytes(place.kind, answer.stored!);
  return answer;
}
const podBody = (name: string): string => smallPod(name).replaceAll('{n}', '7');
const names = Array.from({ length: 1_000 }, (_, n) => `o-${n}`);

const ROWS: Record<string, () => Promise<number>> = {
  'create pods': () => cost(64, COUNT, () => create('pods', podBody(`p-${++serial}`))),
  'create configmaps': () =>
    cost(64, COUNT, () => create('configmaps', configMap(`c-${++serial}`).replace('{t}', '1'))),
  'patch pods/status': () =>
    cost(16, COUNT, async (n) => {
      const place = target('pods', names[n % names.length], 'status');
      const bytes = Buffer.from(
        JSON.stringify({ status: { phase: 'Running', message: `${++serial}`, startTime: '2026-01-01T00:00:00Z' } }),
      );
      const answer = await api.patch(ctx, place, 'application/merge-patch+json', { bytes }, {});
      objectBytes(place.kind, answer.stored!);
      return answer;
    }),
  'renew leases': () =>
    cost(64, COUNT, async (n) => {
      const place = target('leases.coordination.k8s.io', names[n % names.length]);
      const { revision } = store.get({ resource: place.kind.storage.key, namespace: NAMESPACE, name: place.name })!;
      const body = lease(place.name, String(revision)).replace('{u}', String(++serial).padStart(6, '0'));
      const answer = await api.update(ctx, place, { bytes: Buffer.from(body), contentType: 'application/json' }, {});
      objectBytes(place.kind, answer.stored!);
      return answer;
    }),
};

try {
  await create('serviceaccounts', JSON.stringify({ metadata: { name: 'default' } })).catch(() => undefined);
  for (const name of names) {
    await Promise.all([
      create('pods', podBody(name)),
      create('leases.coordination.k8s.io', lease(name).replace('{u}', '000000')),
    ]);
  }
  const only = new RegExp(process.env.ONLY ?? '');
  const rows = Object.entries(ROWS).filter(([name]) => only.test(name));
  const best = new Map<string, number>();
  const session = new Session();
  session.connect();
  if (process.env.PROFILE) {
    await session.post('Profiler.enable');
    await session.post('Profiler.start');
  }
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, run] of rows) best.set(name, Math.min(best.get(name) ?? Infinity, await run()));
  }
  if (process.env.PROFILE) {
    const { profile } = await session.post('Profiler.stop');
    writeFileSync(process.env.PROFILE, JSON.stringify(profile));
  }
  for (const [name, micros] of best) console.log(`${name}: ${micros.toFixed(0)} µs`);
} finally {
  await api.close();
  await store.close();
  await postgres.stop();
  rmSync(folder, { recursive: true, force: true });
}
