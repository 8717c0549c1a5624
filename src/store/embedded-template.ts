import { renameSync, rmSync } from 'node:fs';
import pg from 'pg';
import { startEmbeddedPostgres } from './embedded.ts';
import { migrate } from './migrate.ts';

/**
 * Makes a folder of data that new ones may be copied from (`template` of startEmbeddedPostgres): an empty database of the
 * newest form, stopped in order. One that is there is replaced when the new one is whole.
 */
export async function makeTemplate(folder: string): Promise<void> {
  const fresh = `${folder}.new`;
  rmSync(fresh, { recursive: true, force: true });
  const server = await startEmbeddedPostgres({ dataDir: fresh, durable: false });
  try {
    await migrateAll(server.url);
  } finally {
    await server.stop();
  }
  rmSync(folder, { recursive: true, force: true });
  renameSync(fresh, folder);
}

async function migrateAll(connectionString: string): Promise<void> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    await migrate(client);
  } finally {
    await client.end();
  }
}
