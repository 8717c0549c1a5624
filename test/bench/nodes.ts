import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { cpuSeconds } from './processes.ts';
import type { Bench } from './row.ts';

const BIN = fileURLToPath(new URL('../../bin/ku7s.js', import.meta.url));
/** ms for roles to run, and for objects to be as they should */
const LIMIT = 300_000;

/** The roles of a process beside the server. */
export interface RunningRoles {
  pid: number;
  /** Share of one core that the process uses, %, while `seconds` pass. Containers are not its own. */
  cpu(seconds: number): Promise<number>;
}

/** Runs roles against the server that is measured, in a folder of their own; they end, pods too, after `act`. */
export async function withRoles<T>(
  bench: Bench,
  roles: string,
  more: readonly string[],
  act: (running: RunningRoles) => Promise<T>,
): Promise<T> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'ku7s-bench-nodes-'));
  const { server, token, ca } = bench.endpoint;
  const kubeconfig = path.join(folder, 'kubeconfig');
  const cluster = ca ? { 'certificate-authority-data': Buffer.from(ca).toString('base64') } : {};
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'c', cluster: { server, ...cluster } }],
    users: [{ name: 'u', user: { token } }],
    contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
    'current-context': 'x',
  };
  writeFileSync(kubeconfig, JSON.stringify(config), { mode: 0o600 });
  const where = ['--server', server, '--kubeconfig', kubeconfig, '--data', path.join(folder, 'data')];
  const args = ['--roles', roles, ...where, '--pods-on-stop', 'end', '--addons', 'none', ...more];
  const child = spawn(process.execPath, [BIN, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let text = '';
  child.stderr.on('data', (chunk: Buffer) => (text = (text + chunk.toString()).slice(-10_000)));
  const ended = once(child, 'exit');
  try {
    await Promise.race([
      once(child.stdout, 'data'),
      ended.then(() => Promise.reject(new Error(`the roles ${roles} have ended\n${text}`))),
      late(`the roles ${roles} do not run\n${text}`),
    ]);
    child.stdout.resume();
    const pid = child.pid!;
    return await act({
      pid,
      async cpu(seconds) {
        const before = cpuSeconds(pid).server;
        await sleep(seconds * 1000);
        return ((cpuSeconds(pid).server - before) / seconds) * 100;
      },
    });
  } finally {
    child.kill('SIGINT');
    await ended;
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}

export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const late = (why: string): Promise<never> =>
  new Promise((_, reject) => setTimeout(() => reject(new Error(why)), LIMIT).unref());

/** Asks until it holds. @param every ms */
export async function until(what: string, holds: () => Promise<boolean>, every = 100): Promise<void> {
  for (const end = performance.now() + LIMIT; !(await holds()); await sleep(every))
    if (performance.now() > end) throw new Error(`${what}: not in ${LIMIT} ms`);
}

interface Ready {
  status?: { conditions?: { type: string; status: string }[] };
}
const isReady = ({ status }: Ready): boolean =>
  status?.conditions?.some(({ type, status: value }) => type === 'Ready' && value === 'True') ?? false;

/** Whether so many objects of a list are ready. */
export const readyAt = async (bench: Bench, list: string, count: number): Promise<boolean> =>
  (await bench.request<{ items: Ready[] }>('GET', list)).items.filter(isReady).length >= count;

/** A namespace of its own with what pods need there, which the controllers of another process might not have made. */
export async function namespace(bench: Bench): Promise<string> {
  const name = `nodes-${bench.unique()}`.toLowerCase().replace(/[^a-z0-9-]/g, '-');
  await bench.request('POST', '/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default' } };
  await bench.request('POST', `/api/v1/namespaces/${name}/serviceaccounts`, account).catch(() => undefined);
  return name;
}
