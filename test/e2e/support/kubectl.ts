import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import { eventually, startCluster, type Cluster } from './cluster.ts';
import { tool, type Ran } from './tools.ts';

/** kubectl in a namespace of its own. */
export interface Session {
  ns: string;
  run(line: string, input?: string): Promise<Ran>;
  /** what it printed; fails for an exit code */
  ok(line: string, input?: string): Promise<string>;
  /** its complaint; fails without an exit code */
  fails(line: string, input?: string): Promise<string>;
  /** one jsonpath of one object */
  field(what: string, at: string): Promise<string>;
}

export interface KubectlSuite {
  readonly cluster: Cluster;
  /** a folder for files, removed at the end */
  readonly folder: string;
  namespace(): Promise<Session>;
  /** Writes a file and answers its path. */
  file(name: string, text: string): string;
  /**
   * Starts a kubectl that does not end by itself; resolves with its first output that `good` accepts, after `then`, and
   * ends it. `input` is written once it runs, and its standard input stays open.
   */
  until(
    args: readonly string[],
    good: (text: string) => boolean,
    then?: (text: string) => Promise<void>,
    more?: { input?: string; env?: NodeJS.ProcessEnv },
  ): Promise<string>;
}

/** One cluster with `nodes` ready nodes for the tests of a file, whose namespaces begin with `prefix`. */
export function kubectlSuite(prefix: string, args: readonly string[], nodes: number): KubectlSuite {
  let cluster: Cluster;
  const folder = mkdtempSync(path.join(os.tmpdir(), `ku7s-${prefix}-`));
  let count = 0;
  beforeAll(async () => {
    cluster = await startCluster(args);
    const ready = async () => lines((await cluster.kubectl('get nodes --no-headers')).stdout);
    await eventually(ready, (all) => all.length === nodes && all.every((line) => /\sReady\s/.test(line)));
  });
  afterAll(async () => {
    await cluster?.remove();
    rmSync(folder, { recursive: true, force: true });
  });
  return {
    get cluster() {
      return cluster;
    },
    folder,
    async namespace() {
      const session = sessionIn(cluster, `${prefix}-${++count}`);
      await session.ok(`create namespace ${session.ns}`);
      return session;
    },
    file(name, text) {
      const at = path.join(folder, name);
      mkdirSync(path.dirname(at), { recursive: true });
      writeFileSync(at, text);
      return at;
    },
    until: (line, good, then, { input, env } = {}) =>
      new Promise<string>((resolve, reject) => {
        const child = spawn(tool('kubectl'), line, {
          env: { ...process.env, ...env, KUBECONFIG: cluster.kubeconfig },
          stdio: ['pipe', 'pipe', 'pipe'],
        });
        child.stdin.on('error', () => {});
        if (input !== undefined) child.stdin.write(input);
        let text = '';
        let seen = false;
        child.stderr.on('data', (chunk: Buffer) => (text += chunk.toString()));
        child.stdout.on('data', (chunk: Buffer) => {
          text += chunk.toString();
          if (seen || !good(text)) return;
          seen = true;
          Promise.resolve(then?.(text))
            .then(() => resolve(text), reject)
            .finally(() => child.kill());
        });
        child.once('exit', () => seen || reject(new Error(`ended with ${text}`)));
      }),
  };
}

/** What a tool that is run with a line printed; fails for an exit code. */
export const succeeds =
  (run: (line: string, input?: string) => Promise<Ran>) =>
  async (line: string, input?: string): Promise<string> => {
    const { code, stdout, stderr } = await run(line, input);
    expect(code === 0 ? '' : `exit ${code}: ${stderr}${stdout}`, line).toBe('');
    return stdout;
  };

function sessionIn(cluster: Cluster, ns: string): Session {
  const run = (line: string, input?: string): Promise<Ran> => cluster.kubectl(`-n ${ns} ${line}`, input);
  const ok = succeeds(run);
  const fails = async (line: string, input?: string): Promise<string> => {
    const { code, stderr } = await run(line, input);
    expect(code, line).not.toBe(0);
    return stderr;
  };
  return { ns, run, ok, fails, field: (what, at) => ok(`get ${what} -o jsonpath={${at}}`) };
}

export const lines = (text: string): string[] => text.trim().split('\n').filter(Boolean);

export const configMap = (name: string, data: Record<string, string>, labels?: Record<string, string>): string =>
  JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, labels }, data });

export const pod = (name: string, spec: object = {}): string =>
  JSON.stringify({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name },
    spec: { containers: [{ name: 'c', image: 'busybox' }], ...spec },
  });
