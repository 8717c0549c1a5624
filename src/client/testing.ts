import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export interface ClusterOptions {
  /** simulated nodes, on which pods become ready without a program being run; default 1 */
  nodes?: number;
  /** controllers, scheduler and nodes; false: the API alone. Default true */
  controllers?: boolean;
  /** further arguments of `ku7s`, as its --help names them */
  args?: readonly string[];
  /** how long a start may take, ms; default 60,000 */
  timeoutMs?: number;
}

/** A cluster of its own, in a temporary folder and at a free port. */
export interface TestCluster extends AsyncDisposable {
  /** `https://127.0.0.1:40123` */
  readonly url: string;
  /** path of a file with an administrator's credentials */
  readonly kubeconfig: string;
  /** everything that it has printed */
  output(): string;
  /** Ends it and removes its folder; the second time nothing. */
  stop(): Promise<void>;
}

/** What is kept of its output, characters. */
const OUTPUT = 1 << 20;
const BIN = fileURLToPath(new URL('../../bin/ku7s.js', import.meta.url));

/** Starts a cluster for tests; it ends with this process, if nobody stops it before. Rejects with what it has printed. */
export async function startCluster(options: ClusterOptions = {}): Promise<TestCluster> {
  const { nodes = 1, controllers = true, args = [], timeoutMs = 60_000 } = options;
  const folder = mkdtempSync(path.join(tmpdir(), 'ku7s-test-'));
  const { DATABASE_URL: _, ...env } = process.env;
  const roles = controllers ? 'api,controllers,scheduler,nodes' : 'api';
  const own = ['--data', folder, '--secure-port', '0', '--unsafe-no-fsync', '--roles', roles];
  const child = spawn(
    process.execPath,
    [BIN, ...own, '--nodes', `simulated:${nodes}`, '--addons', 'none', ...args],
    // NODE_OPTIONS of a test runner are for its own processes
    {
      env: { ...env, NODE_ENV: 'production', NODE_OPTIONS: '', KU7S_WITH_PARENT: '1' },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  let output = '';
  const hear = (chunk: Buffer): void => void (output = `${output}${chunk.toString()}`.slice(-OUTPUT));
  child.stdout.on('data', hear);
  child.stderr.on('data', hear);
  let stopping: Promise<void> | undefined;
  const stop = (): Promise<void> => (stopping ??= end(child, folder));
  try {
    const url = await ready(child, () => output, timeoutMs);
    const kubeconfig = path.join(folder, 'kubeconfig');
    return { url, kubeconfig, output: () => output, stop, [Symbol.asyncDispose]: stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function ready(child: ChildProcess, output: () => string, timeoutMs: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const fail = (why: string): void => reject(new Error(`ku7s ${why}\n${output()}`));
    const timer = setTimeout(() => fail(`was not ready after ${timeoutMs} ms`), timeoutMs);
    const settled = (): void => clearTimeout(timer);
    child.stdout?.on('data', () => {
      const [, url] = /ku7s is ready at (\S+)/.exec(output()) ?? [];
      if (url === undefined) return;
      settled();
      resolve(url);
    });
    child.once('error', (error) => {
      settled();
      fail(`did not start: ${error.message}`);
    });
    child.once('close', (code) => {
      settled();
      fail(`ended with ${code}`);
    });
  });
}

async function end(child: ChildProcess, folder: string): Promise<void> {
  if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) {
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    await ended;
  }
  rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
}
