// Bundles the dashboard, the GraphiQL page and its editor's workers into dist/dashboard/, with a gzipped copy beside each
// file, and the names of the parts that the dashboard begins with in first-parts.json.
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');

/** @returns esbuild's metafiles, of what the bundles contain */
export async function buildDashboard(outdir = path.join(root, 'dist/dashboard')) {
  const { build } = await import('esbuild');
  rmSync(outdir, { recursive: true, force: true });
  mkdirSync(outdir, { recursive: true });
  const common = {
    absWorkingDir: root,
    outdir,
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    jsx: 'automatic',
    loader: { '.ttf': 'dataurl' },
    logLevel: 'error',
    define: { 'process.env.NODE_ENV': '"production"' },
    metafile: true,
  };
  const { metafile } = await build({
    ...common,
    entryPoints: { begin: 'dashboard/app/begin.ts', dashboard: 'dashboard/app/main.tsx' },
    // what is not needed at first (editor, terminal, plots) is fetched when it is
    splitting: true,
    chunkNames: 'chunk-[hash]',
  });
  const first = firstParts(metafile.outputs);
  const others = await build({
    ...common,
    entryPoints: {
      graphiql: 'dashboard/graphiql/page.tsx',
      'editor.worker': 'monaco-editor/esm/vs/editor/editor.worker.js',
      'json.worker': 'monaco-editor/esm/vs/language/json/json.worker.js',
      'graphql.worker': 'monaco-graphql/esm/graphql.worker.js',
    },
  });
  for (const name of readdirSync(outdir)) {
    writeFileSync(path.join(outdir, `${name}.gz`), gzipSync(readFileSync(path.join(outdir, name)), { level: 9 }));
  }
  writeFileSync(path.join(outdir, 'first-parts.json'), JSON.stringify(first));
  return [metafile, others.metafile];
}

/** The names of all that dashboard.js imports before it runs: the page asks for them together with it. */
function firstParts(outputs) {
  const start = Object.keys(outputs).find((name) => path.basename(name) === 'dashboard.js');
  const found = new Set([start]);
  for (const name of found)
    for (const { kind, path: to } of outputs[name].imports) if (kind === 'import-statement') found.add(to);
  found.delete(start);
  return [...found].map((name) => path.basename(name)).toSorted();
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildDashboard(process.argv[2]);
