// Makes FOLDER/graphql/ as `graphql-codegen` does by its client preset and FOLDER/codegen.ts: that command itself wants a
// later Node than ours. usage: node scripts/codegen.mjs FOLDER
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { codegen } from '@graphql-codegen/core';
import { preset } from '@graphql-codegen/client-preset';
import { transformSync } from 'esbuild';
import { buildSchema, parse } from 'graphql';

/** What is tagged by `graphql(…)` in the folder's programs. */
function documentsOf(folder) {
  return readdirSync(folder)
    .filter((file) => /\.tsx?$/.test(file))
    .flatMap((file) => {
      const location = path.join(folder, file);
      return [...readFileSync(location, 'utf8').matchAll(/\bgraphql\(`([^`]*)`\)/g)].map(([, rawSDL]) => ({
        location,
        rawSDL,
        document: parse(rawSDL),
      }));
    });
}

async function configOf(folder) {
  const { code } = transformSync(readFileSync(path.join(folder, 'codegen.ts'), 'utf8'), {
    loader: 'ts',
    format: 'esm',
  });
  return (await import(`data:text/javascript,${encodeURIComponent(code)}`)).default;
}

const folder = path.resolve(process.argv[2] ?? '.');
const { schema: file, config, generates } = await configOf(folder);
const text = readFileSync(path.resolve(folder, file), 'utf8');
const schema = parse(text);
const schemaAst = buildSchema(text);
const [[output, { presetConfig }]] = Object.entries(generates);
const baseOutputDir = `${path.resolve(folder, output)}/`;
const files = await preset.buildGeneratesSection({
  baseOutputDir,
  schema,
  schemaAst,
  documents: documentsOf(folder),
  config,
  plugins: [],
  pluginMap: {},
  presetConfig,
  pluginContext: {},
  documentTransforms: [],
});
mkdirSync(baseOutputDir, { recursive: true });
for (const each of files) writeFileSync(each.filename, await codegen({ ...each, schemaAst }));
