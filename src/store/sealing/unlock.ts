import type { Client } from 'pg';
import type { Log } from '../connection.ts';
import { makeOwnKeys, readOwnKeys } from './own-keys.ts';
import type { Provider } from './provider.ts';
import { isSealedSetting, openSetting, sealSetting } from './setting.ts';

/** The setting that tells whether a key is the database's, and what it says. */
const CHECK = 'encryption-check';
const WORD = 'this database is sealed with the key that opens this';
/** Processes that start at once take turns: "ku7s", 3. */
const LOCK = [0x6b753773, 3] as const;

/**
 * The keys of the database: those of the file, or new ones for a database that has none yet. What stands in the open
 * among the settings, or is sealed with an older key of the file, is sealed with the first. Errors: one `Error` that
 * says what is wrong with the file, when it is not the database's.
 */
export async function unlock(client: Client, file: string, log: Log): Promise<Provider> {
  await client.query(`SELECT pg_advisory_lock(${LOCK.join(', ')})`);
  try {
    const { rows } = await client.query<{ name: string; value: string }>('SELECT name, value FROM setting');
    const check = rows.find(({ name }) => name === CHECK)?.value;
    const own = readOwnKeys(file) ?? (check === undefined ? makeOwnKeys(file) : missing(file));
    if (check !== undefined && !opens(own, check))
      throw new Error(
        `the encryption key ${file} is not that of the database: every API process needs the file that the first one made`,
      );
    await seal(client, own, check === undefined ? [...rows, { name: CHECK, value: WORD }] : rows, log);
    return own;
  } finally {
    await client.query(`SELECT pg_advisory_unlock(${LOCK.join(', ')})`).catch(() => undefined);
  }
}

function missing(file: string): never {
  throw new Error(
    `the encryption key ${file} is missing, and the database is sealed with it: restore it, or copy it from another API process`,
  );
}

function opens(own: Provider, check: string): boolean {
  try {
    return openSetting(own, CHECK, check) === WORD;
  } catch {
    return false;
  }
}

async function seal(client: Client, own: Provider, settings: { name: string; value: string }[], log: Log) {
  const due = settings.filter(({ value }) => !value.startsWith(own.mark, 1));
  if (!due.length) return;
  const values = due.map(({ name, value }) => sealSetting(own, name, openSetting(own, name, value)));
  await client.query(
    `INSERT INTO setting (name, value) SELECT * FROM unnest($1::text[], $2::text[])
     ON CONFLICT (name) DO UPDATE SET value = excluded.value`,
    [due.map(({ name }) => name), values],
  );
  const open = due.filter(({ name, value }) => name !== CHECK && !isSealedSetting(own, value));
  if (!open.length) return;
  log(`sealed ${open.length} settings of the database that stood in the open`);
  // the rows that were replaced are still in the table's file
  await client.query('VACUUM FULL setting').catch(() => undefined);
}
