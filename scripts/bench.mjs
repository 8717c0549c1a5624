// Bundles the benchmark into dist/bench/ and runs it; the server that it measures is built like any other.
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildIfNeeded } from './build.mjs';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const { build } = await import('esbuild');
await buildIfNeeded();
await build({
  absWorkingDir: root,
  entryPoints: { main: 'test/bench/main.ts', generator: 'test/bench/load/generator.ts' },
  outdir: 'dist/bench',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  packages: 'external',
  logLevel: 'warning',
});
const { main } = await import('../dist/bench/main.js');
process.exit(await main(process.argv.slice(2), root));
