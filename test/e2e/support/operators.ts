import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { parse, stringify } from 'yaml';
import { buildClient } from '../../../scripts/build.mjs';
import { makeAuthority, makeCertificate } from '../../../src/start/certificates.ts';
import { freePort } from '../../support/published-program.ts';
import { prepare, type Step } from '../clients/program.ts';

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

/** How an operator of examples/ is run: the start of its command line; or why this machine cannot have it. */
export type Program = { missing: string } | [command: string, ...args: string[]];

/**
 * The operator in Go, built by the machine's Go. Downloading is a step of its own: without a network it makes the test
 * skip, while source that does not compile makes it fail.
 */
export async function operatorInGo(folder: string): Promise<Program> {
  const binary = path.join(folder, 'operator');
  const go = (timeout: number, ...args: string[]): Step => ({
    command: 'go',
    args,
    cwd: path.join(ROOT, 'examples/operator-go'),
    env: { GOFLAGS: '-mod=readonly', GOWORK: 'off' },
    timeout,
  });
  const ready = await prepare([go(240_000, 'mod', 'download')], [binary]);
  if ('missing' in ready) return ready;
  const built = await prepare([go(600_000, 'build', '-o', binary, '.')], [binary]);
  if ('missing' in built) throw new Error(built.missing);
  return [binary];
}

/** The operator in TypeScript, as a user of the package has it: in a folder of its own, beside node_modules. */
export async function operatorInTypeScript(folder: string): Promise<Program> {
  await buildClient();
  cpSync(path.join(ROOT, 'examples/operator-ts'), folder, { recursive: true });
  mkdirSync(path.join(folder, 'node_modules'));
  symlinkSync(ROOT, path.join(folder, 'node_modules/ku7s'), 'dir');
  for (const name of ['@types', '@graphql-typed-document-node', 'graphql'])
    symlinkSync(path.join(ROOT, 'node_modules', name), path.join(folder, 'node_modules', name), 'dir');
  const options = {
    compilerOptions: {
      target: 'ES2023',
      lib: ['ES2023', 'ESNext.Disposable'],
      module: 'ESNext',
      moduleResolution: 'Bundler',
      allowImportingTsExtensions: true,
      strict: true,
      noEmit: true,
      skipLibCheck: false,
      types: ['node'],
    },
    include: ['*.ts'],
  };
  writeFileSync(path.join(folder, 'package.json'), '{ "type": "module" }');
  writeFileSync(path.join(folder, 'tsconfig.json'), JSON.stringify(options));
  const compiler = path.join(ROOT, 'node_modules/typescript/bin/tsc');
  await run(process.execPath, [compiler, '-p', folder]).catch(({ stdout }: { stdout: string }) => {
    throw new Error(stdout);
  });
  const outfile = path.join(folder, 'operator.js');
  await build({
    entryPoints: [path.join(folder, 'operator.ts')],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    packages: 'external',
  });
  return [process.execPath, outfile];
}

/** An operator that runs beside the cluster. */
export interface Running {
  /** everything that it has printed */
  output(): string;
  /** ends it as a pod is ended; resolves with the exit code */
  stop(): Promise<number | null>;
}

/** Starts an operator with a serving certificate and a token of its own; resolves when it is ready. */
export async function startOperator(
  [command, ...args]: [string, ...string[]],
  kubeconfig: string,
  token: string,
): Promise<Running> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'ku7s-operator-'));
  const authority = await makeAuthority('operators');
  const { cert, key } = await makeCertificate({ commonName: 'operator' }, authority, ['127.0.0.1']);
  for (const [name, text] of Object.entries({ 'ca.crt': authority.cert, 'tls.crt': cert, 'tls.key': key }))
    writeFileSync(path.join(folder, name), text);
  const own = path.join(folder, 'kubeconfig');
  writeFileSync(own, asAccount(readFileSync(kubeconfig, 'utf8'), token));
  const address = `127.0.0.1:${await freePort()}`;
  const child = spawn(command, [...args, '--certificates', folder, '--address', address], {
    env: { ...process.env, KUBECONFIG: own },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  await new Promise<void>((resolve, reject) => {
    const onText = (chunk: Buffer): void => {
      text += chunk.toString();
      if (text.includes('the operator is ready')) resolve();
    };
    child.stdout.on('data', onText);
    child.stderr.on('data', onText);
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`exit ${code}\n${text}`)));
  });
  return {
    output: () => text,
    async stop() {
      const code = await ended(child);
      rmSync(folder, { recursive: true, force: true });
      return code;
    },
  };
}

const ended = (child: ChildProcess): Promise<number | null> =>
  new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve(child.exitCode);
    child.once('exit', resolve);
    child.kill('SIGTERM');
  });

/** The same server, as who has the token. */
function asAccount(kubeconfig: string, token: string): string {
  const { users, ...rest } = parse(kubeconfig) as { users: { name: string }[] };
  return stringify({ ...rest, users: users.map(({ name }) => ({ name, user: { token } })) });
}
