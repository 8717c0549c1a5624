import { randomBytes } from 'node:crypto';
import pg from 'pg';

export interface TestDatabase {
  url: string;
  /** cuts the connections that are left and removes the database */
  drop(): Promise<void>;
}

/** A migrated, empty database for a test file, cloned from the run's template. */
export async function createDatabase(): Promise<TestDatabase> {
  const template = new URL(process.env.KU7S_TEST_TEMPLATE_URL!);
  const name = `ku7s_${randomBytes(6).toString('hex')}`;
  await administer(template, `CREATE DATABASE ${name} TEMPLATE ${template.pathname.slice(1)} `);
  const url = new URL(template);
  url.pathname = `/${name}`;
  return { url: url.href, drop: () => administer(template, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`) };
}

/** Test files run at once, and a database that is being cloned admits no second clone: they take turns. */
async function administer(template: URL, statement: string): Promise<void> {
  const url = new URL(template);
  url.pathname = '/postgres';
  const client = new pg.Client({ connectionString: url.href });
  await client.connect();
  try {
    // held until the connection ends
    await client.query('SELECT pg_advisory_lock(7)');
    await client.query(statement);
  } finally {
    await client.end();
  }
}
