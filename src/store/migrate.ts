import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Client } from 'pg';

export interface Migration {
  /** file name without `.sql`; migrations apply in the order of their names */
  name: string;
  sql: string;
  checksum: string;
}

/** Any constant that nothing else in the database locks: "ku7s" in ASCII. */
const LOCK = 0x6b753773;

/** The SQL files of prisma/migrations. */
export function readMigrations(folder = migrationsFolder()): Migration[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.sql'))
    .sort()
    .map((file) => {
      const sql = readFileSync(path.join(folder, file), 'utf8');
      return { name: file.slice(0, -4), sql, checksum: createHash('sha256').update(sql).digest('hex') };
    });
}

/** Above this module, be it in src/store or in a bundle in dist. */
function migrationsFolder(): string {
  for (let folder = path.dirname(fileURLToPath(import.meta.url)); ; folder = path.dirname(folder)) {
    const candidate = path.join(folder, 'prisma/migrations');
    if (existsSync(candidate)) return candidate;
    if (folder === path.dirname(folder)) throw new Error('prisma/migrations is missing from this installation of ku7s');
  }
}

/**
 * Brings the database to the newest migration: each in a transaction of its own, under an advisory lock, so that
 * processes that start together apply it once. Returns the names applied. Errors: a database that is newer than this
 * program, or a migration that has changed after it was applied.
 */
export async function migrate(client: Client, migrations = readMigrations()): Promise<string[]> {
  await client.query(`SELECT pg_advisory_lock(${LOCK})`);
  try {
    await client.query(`CREATE TABLE IF NOT EXISTS migration (
      name text PRIMARY KEY, checksum text NOT NULL, at timestamptz NOT NULL DEFAULT now())`);
    const { rows } = await client.query<{ name: string; checksum: string }>('SELECT name, checksum FROM migration');
    const applied = new Map(rows.map((row) => [row.name, row.checksum]));
    checkApplied(applied, migrations);
    const missing = migrations.filter(({ name }) => !applied.has(name));
    for (const { name, sql, checksum } of missing) {
      try {
        await client.query('BEGIN');
        await client.query(sql);
        await client.query('INSERT INTO migration (name, checksum) VALUES ($1, $2)', [name, checksum]);
        await client.query('COMMIT');
      } catch (error) {
        await client.query('ROLLBACK').catch(() => undefined);
        throw new Error(`migration ${name} failed: ${(error as Error).message}`, { cause: error });
      }
    }
    return missing.map(({ name }) => name);
  } finally {
    await client.query(`SELECT pg_advisory_unlock(${LOCK})`).catch(() => undefined);
  }
}

function checkApplied(applied: Map<string, string>, migrations: Migration[]): void {
  const known = new Map(migrations.map(({ name, checksum }) => [name, checksum]));
  for (const [name, checksum] of applied) {
    if (!known.has(name))
      throw new Error(`the database has migration ${name}, which this version of ku7s does not know: use a newer one`);
    if (known.get(name) !== checksum)
      throw new Error(`migration ${name} has changed since it was applied to the database`);
  }
}
