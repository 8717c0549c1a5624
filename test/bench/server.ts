import { spawn, type ChildProcess } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { readKubeconfig, type Endpoint } from '../../src/client/kubeconfig.ts';

const TOKEN = 'bench-token';
/** ms to be ready, and to have stopped */
const START_LIMIT = 120_000;
const STOP_LIMIT = 15_000;

/** Our own API server with its own Postgres, in a folder of its own. */
export interface BenchServer {
  endpoint: Endpoint;
  pid: number;
  /** of the inspector, when it was started for profiles */
  inspector: string | undefined;
  /** awaited before it is stopped for a restart */
  beforeStop: (() => Promise<unknown>) | undefined;
  /** Stops it and starts it on the same data; ms from the new process' start until it was ready. */
  restart(): Promise<number>;
  /** Stops it and removes its folder. */
  remove(): Promise<void>;
}

export interface StartOptions {
  /** lines of the token file besides the administrator's */
  tokens?: readonly string[];
  /** of a Postgres that runs already; without it the server brings its own */
  databaseUrl?: string;
}

export async function startServer(
  root: string,
  profile: boolean,
  { tokens: more = [], databaseUrl }: StartOptions = {},
): Promise<BenchServer> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'ku7s-bench-'));
  // Postgres may run as another user.
  chmodSync(folder, 0o755);
  const tokens = path.join(folder, 'tokens.csv');
  writeFileSync(tokens, [`${TOKEN},bench,bench,"system:masters"`, ...more, ''].join('\n'), { mode: 0o600 });
  const data = path.join(folder, 'data');
  const inspect = profile ? ['--inspect=127.0.0.1:0'] : [];
  const { DATABASE_URL: _, ...environment } = process.env;
  const args = [
    ...inspect,
    path.join(root, 'bin/ku7s.js'),
    '--roles',
    'api',
    '--secure-port',
    '0',
    '--data',
    data,
    '--token-auth-file',
    tokens,
  ];
  let child: ChildProcess;
  const server = {} as BenchServer;

  const start = async (): Promise<number> => {
    const began = performance.now();
    child = spawn(process.execPath, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: databaseUrl ? { ...environment, DATABASE_URL: databaseUrl } : environment,
    });
    let text = '';
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`the server is not ready\n${text}`)), START_LIMIT);
      const onText = (chunk: Buffer) => {
        if (text.length < 100_000) text += chunk.toString();
        if (!/ku7s is ready at (\S+)/.test(text)) return;
        clearTimeout(timer);
        resolve();
      };
      child.stdout!.on('data', onText);
      child.stderr!.on('data', onText);
      child.once('exit', (code) => reject(new Error(`the server has ended with ${code}\n${text}`)));
    });
    const took = performance.now() - began;
    const { ca, server: url } = readKubeconfig(path.join(data, 'kubeconfig'));
    server.endpoint = { server: url, ca, token: TOKEN, insecure: false, namespace: '' };
    server.pid = child.pid!;
    server.inspector = /Debugger listening on (ws:\S+)/.exec(text)?.[1];
    return took;
  };
  const stop = () =>
    new Promise<void>((resolve) => {
      if (child.exitCode !== null || child.signalCode !== null) return resolve();
      const timer = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT);
      child.once('exit', () => {
        clearTimeout(timer);
        resolve();
      });
      child.kill('SIGINT');
    });

  server.restart = async () => {
    await server.beforeStop?.();
    await stop();
    return start();
  };
  server.remove = async () => {
    await stop();
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  };
  await start().catch(async (error) => {
    await server.remove();
    throw error;
  });
  return server;
}
