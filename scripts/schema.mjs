// Prints the GraphQL schema of the built-in kinds, sorted, to schema/schema.graphql (test/resolvers compares it).
import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const bundle = path.join(root, 'node_modules/.ku7s-schema.mjs');
await build({
  absWorkingDir: root,
  stdin: {
    contents: `export { printedSchema } from './src/resolvers/schema/printed-schema.ts'; export { createRegistry } from './src/kinds/registry.ts';`,
    resolveDir: root,
    loader: 'ts',
  },
  outfile: bundle,
  bundle: true,
  format: 'esm',
  platform: 'node',
  packages: 'external',
  logLevel: 'error',
});
try {
  const { printedSchema, createRegistry } = await import(pathToFileURL(bundle).href);
  writeFileSync(path.join(root, 'schema/schema.graphql'), printedSchema(createRegistry()));
} finally {
  rmSync(bundle, { force: true });
}
