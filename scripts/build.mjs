// Bundles src/main.ts (and what runs in worker threads) into dist/ with esbuild; packages stay outside.
import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const stamp = path.join(root, 'dist/.built');

function newest(folder) {
  let time = statSync(folder).mtimeMs;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const file = path.join(folder, entry.name);
    time = Math.max(time, entry.isDirectory() ? newest(file) : statSync(file).mtimeMs);
  }
  return time;
}

export async function build() {
  const { build: bundle } = await import('esbuild');
  await bundle({
    absWorkingDir: root,
    entryPoints: { main: 'src/main.ts', thread: 'src/thread.ts' },
    outdir: 'dist',
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    packages: 'external',
    sourcemap: true,
    logLevel: 'warning',
    define: { 'process.env.NODE_ENV': '"production"' },
  });
  mkdirSync(path.join(root, 'dist'), { recursive: true });
  writeFileSync(stamp, '');
}

export async function buildIfNeeded() {
  if (existsSync(stamp)) {
    const built = statSync(stamp).mtimeMs;
    const sources = ['src', 'schema', 'scripts'].map((f) => path.join(root, f)).filter(existsSync);
    if (sources.every((f) => newest(f) < built) && statSync(path.join(root, 'package.json')).mtimeMs < built) return;
  }
  await build();
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await build();
