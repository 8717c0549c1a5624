import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startEmbeddedPostgres } from '../../../src/store/embedded.ts';
import { configMap } from '../fixtures.ts';
import { Generators } from '../load/generators.ts';
import type { FloodRequest } from '../load/messages.ts';
import type { BenchOptions } from '../options.ts';
import { startServer, type BenchServer } from '../server.ts';
import { watchFromNow } from '../session.ts';
import type { Series } from './series.ts';

const COUNTS = [1, 2, 4];
const IN_FLIGHT = 64;
const CONNECTIONS = 4;
/** writes at one process whose events are awaited at another, a second */
const WATCH_RATE = 100;
const X = 'API processes';
const PATH = '/api/v1/namespaces/default/configmaps';

/** One, two and four API processes on one Postgres: rates of all together, and an event's way from one to another. */
export async function studyProcesses(
  root: string,
  { seconds }: BenchOptions,
  progress: (line: string) => void,
): Promise<Series[]> {
  const folder = mkdtempSync(path.join(tmpdir(), 'ku7s-bench-'));
  chmodSync(folder, 0o755);
  const postgres = await startEmbeddedPostgres({ dataDir: path.join(folder, 'postgres') });
  const generators = new Generators(path.join(root, 'dist/bench/generator.js'));
  const servers: BenchServer[] = [];
  const points: Record<string, [number, number][]> = {};
  const add = (name: string, count: number, value: number) => void (points[name] ??= []).push([count, value]);
  try {
    for (const count of COUNTS) {
      while (servers.length < count) servers.push(await startServer(root, false, { databaseUrl: postgres.url }));
      for (const [name, requestsOf] of Object.entries(LOADS))
        add(name, count, await rate(generators, servers, requestsOf(`${count}-${Date.now().toString(36)}`), seconds));
      const { p50, p99 } = await crossing(generators, servers[0]!, servers.at(-1)!, seconds);
      add('p50', count, p50);
      add('p99', count, p99);
      progress(
        `  ${count} API processes: ${Object.entries(points)
          .map(([name, all]) => `${name} ${all.at(-1)![1].toFixed(1)}`)
          .join(', ')}`,
      );
    }
  } finally {
    generators.close();
    for (const server of servers) await server.remove();
    await postgres.stop();
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  }
  const event = 'event from the first process’ write to a watcher at the last';
  return Object.entries(points).map(([name, all]) => {
    const latency = name === 'p50' || name === 'p99';
    return {
      chart: latency ? event : 'API processes on one Postgres',
      x: X,
      unit: latency ? 'ms' : '/s',
      name,
      points: all,
    };
  });
}

const token = 'bench-token';
const create = (name: string): FloodRequest => ({ method: 'POST', path: PATH, token, body: configMap(`${name}-{n}`) });
const get: FloodRequest = { method: 'GET', path: '/api/v1/namespaces/default', token };
const LOADS: Record<string, (name: string) => FloodRequest[]> = {
  create: (name) => [create(`c-${name}`)],
  GET: () => [get],
  // one write in five
  mixed: (name) => [create(`m-${name}`), get, get, get, get],
};

/** 2xx a second of all processes together; each gets its part of those in flight. Throws on any other answer. */
async function rate(
  generators: Generators,
  servers: readonly BenchServer[],
  requests: readonly FloodRequest[],
  seconds: number,
): Promise<number> {
  const named = (n: number) =>
    requests.map((one) => (one.body ? { ...one, body: one.body.replace('-{n}', `-${n}-{n}`) } : one));
  const results = await Promise.all(
    servers.map(({ endpoint }, n) =>
      generators.flood(`flood-${n}`, {
        endpoint,
        requests: named(n),
        inFlight: IN_FLIGHT / servers.length,
        connections: CONNECTIONS,
        seconds,
      }),
    ),
  );
  for (const { failed, refused, firstError } of results)
    if (failed + refused > 0) throw new Error(`${failed + refused} requests failed: ${firstError}`);
  return results.reduce((sum, { ok }) => sum + ok, 0) / seconds;
}

async function crossing(generators: Generators, from: BenchServer, to: BenchServer, seconds: number) {
  const count = Math.round(WATCH_RATE * seconds);
  const watched = await watchFromNow(to.endpoint, PATH);
  return generators.streams(
    {
      endpoint: to.endpoint,
      kind: 'watch',
      streams: 1,
      connections: 1,
      path: watched,
      expected: count,
      timeout: 30_000,
    },
    () =>
      generators.load({
        endpoint: from.endpoint,
        method: 'POST',
        paths: [PATH],
        body: configMap(`w-${Date.now().toString(36)}-{n}`),
        inFlight: 16,
        rate: WATCH_RATE,
        count,
      }),
  );
}
