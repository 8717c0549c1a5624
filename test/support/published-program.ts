import { execFile, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const BUILD_MS = 1_800_000;
const MAX_TEXT = 100_000;

/** A program as its Go module publishes it. */
export interface PublishedProgram {
  binary: string;
  /** the module's files */
  folder: string;
}

/**
 * Built once a machine, by the machine's Go.
 * @param program its package within the module, as `/cmd/server`
 * @returns why it cannot be, where Go or a network is missing
 */
export async function buildPublished(
  module: string,
  version: string,
  program = '',
): Promise<PublishedProgram | string> {
  let folder: string;
  try {
    const { stdout } = await run('go', ['mod', 'download', '-json', `${module}@${version}`], { timeout: BUILD_MS });
    ({ Dir: folder } = JSON.parse(stdout) as { Dir: string });
  } catch (error) {
    return `${module} is not to be had: ${String(error).slice(0, 200)}`;
  }
  const name = (program || module).split('/').findLast((part) => !/^v\d+$/.test(part));
  const binary = path.join(os.tmpdir(), `ku7s-${name}-${version}-${process.getuid?.() ?? 0}`);
  if (existsSync(binary)) return { binary, folder };
  // in a module of its own: one that is developed beside others replaces them by folders that are not there
  const cwd = mkdtempSync(path.join(os.tmpdir(), 'ku7s-build-'));
  const go = (...args: string[]) =>
    run('go', args, { cwd, timeout: BUILD_MS, env: { ...process.env, GOWORK: 'off', GOFLAGS: '-mod=mod' } });
  try {
    await go('mod', 'init', 'build');
    await go('get', `${module}${program}@${version}`);
    await go('build', '-o', binary, `${module}${program}`);
  } finally {
    rmSync(cwd, { recursive: true, force: true });
  }
  return { binary, folder };
}

/** It takes no port but one that is said; whoever is quicker with that port makes the test fail. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '0.0.0.0', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Until it says these words on its standard error. */
export function saying(child: ChildProcess, words: string): Promise<void> {
  let text = '';
  return new Promise((resolve, reject) => {
    child.stderr?.on('data', (chunk: Buffer) => {
      if (text.length < MAX_TEXT) text += chunk.toString();
      if (text.includes(words)) resolve();
    });
    child.once('exit', (code) => reject(new Error(`${child.spawnfile} has ended with ${code}\n${text}`)));
  });
}

/** Of a cluster, as a user with this token. */
export const kubeconfigOf = (server: string, authority: string, token: string): string =>
  JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'c', cluster: { server, 'certificate-authority': authority } }],
    users: [{ name: 'u', user: { token } }],
    contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
    'current-context': 'x',
  });
