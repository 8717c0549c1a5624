import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { run, type Ran } from './tools.ts';
import { PATIENCE_MS } from '../../support/patience.ts';

const BIN = fileURLToPath(new URL('../../../bin/ku7s.js', import.meta.url));

/** A running ku7s, as `npm start` makes it, with a folder of its own. */
export interface Cluster {
  url: string;
  data: string;
  kubeconfig: string;
  /** everything that it has printed */
  output(): string;
  process: ChildProcess;
  kubectl(args: string, input?: string): Promise<Ran>;
  helm(args: string): Promise<Ran>;
  /** Ctrl-C; resolves with the exit code */
  stop(): Promise<number | null>;
  /** Starts it again on the same data. */
  restart(): Promise<void>;
  remove(): Promise<void>;
}

export async function startCluster(
  args: readonly string[] = [],
  env: NodeJS.ProcessEnv = {},
  data?: string,
): Promise<Cluster> {
  const folder = data ?? mkdtempSync(path.join(os.tmpdir(), 'ku7s-e2e-'));
  const cluster = { data: folder, kubeconfig: path.join(folder, 'kubeconfig') } as Cluster;
  let text = '';
  const start = async () => {
    text = '';
    const child = spawn(process.execPath, [BIN, '--data', folder, '--secure-port', '0', ...args], {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    cluster.process = child;
    await new Promise<void>((resolve, reject) => {
      const onText = (chunk: Buffer) => {
        text += chunk.toString();
        const url = /ku7s is ready at (\S+)/.exec(text)?.[1];
        if (!url) return;
        cluster.url = url;
        resolve();
      };
      child.stdout.on('data', onText);
      child.stderr.on('data', onText);
      child.once('exit', (code) => reject(new Error(`exit ${code}\n${text}`)));
    });
  };
  cluster.output = () => text;
  cluster.kubectl = (line, input) => run('kubectl', cluster.kubeconfig, split(line), input);
  cluster.helm = (line) => run('helm', cluster.kubeconfig, split(line));
  cluster.stop = () =>
    new Promise((resolve) => {
      const { exitCode, signalCode } = cluster.process;
      if (exitCode !== null || signalCode !== null) return resolve(exitCode);
      cluster.process.once('exit', resolve);
      cluster.process.kill('SIGINT');
    });
  cluster.restart = start;
  cluster.remove = async () => {
    await cluster.stop();
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  };
  await start();
  return cluster;
}

/** Splits at spaces that are not inside single quotes. */
const split = (line: string): string[] => (line.match(/'[^']*'|\S+/g) ?? []).map((word) => word.replace(/^'|'$/g, ''));

/** Asks again until `good` holds; each try is a request, so it needs no clock but the limit. */
export async function eventually<T>(ask: () => Promise<T>, good: (value: T) => boolean, ms = PATIENCE_MS): Promise<T> {
  const end = Date.now() + ms;
  for (;;) {
    const value = await ask();
    if (good(value)) return value;
    if (Date.now() > end) throw new Error(`not reached in ${ms} ms; last: ${JSON.stringify(value).slice(0, 2000)}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

export const example = (name: string): string =>
  readFileSync(new URL(`../../../examples/${name}`, import.meta.url), 'utf8');
