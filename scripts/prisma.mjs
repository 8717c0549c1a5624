// Generates the Prisma client of prisma/schema.prisma into prisma/generated, which is not committed.
import { execFile } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const schema = path.join(root, 'prisma/schema.prisma');
const stamp = path.join(root, 'prisma/generated/.schema');

export async function generatePrisma() {
  const require = createRequire(import.meta.url);
  let cli;
  try {
    cli = path.join(path.dirname(require.resolve('prisma/package.json')), 'build/index.js');
  } catch {
    throw new Error(
      'the Prisma client has to be generated and the package "prisma" is not installed: run `npm ci` with development dependencies',
    );
  }
  // generating needs no schema engine, but the command looks for one and would download it: any program will do
  const env = {
    ...process.env,
    PRISMA_SCHEMA_ENGINE_BINARY: process.execPath,
    CHECKPOINT_DISABLE: '1',
    PRISMA_HIDE_UPDATE_MESSAGE: '1',
  };
  await promisify(execFile)(process.execPath, [cli, 'generate'], { cwd: root, env });
  writeFileSync(stamp, readFileSync(schema));
}

/** Only when the schema has changed since. */
export async function generatePrismaIfNeeded() {
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === readFileSync(schema, 'utf8')) return;
  await generatePrisma();
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await generatePrisma();
