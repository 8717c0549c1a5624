import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Major version of the Postgres whose data is read and written here. */
export const VERSION = '18';

/** Of a folder of data; undefined where it has none. */
export function versionOf(pgdata: string): string | undefined {
  const file = path.join(pgdata, 'PG_VERSION');
  return existsSync(file) ? readFileSync(file, 'utf8').trim() : undefined;
}

/**
 * Copies what a server that has been stopped has left in `from`, with its owner and its modes: a tenth of the time in
 * which initdb makes the same. cp, because fs.cp takes longer for a thousand small files than initdb, and gives them to us.
 * @throws Error with what cp says
 */
export async function copyData(from: string, to: string): Promise<void> {
  await run('cp', ['-Rp', from, to]);
}
