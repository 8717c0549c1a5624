import {
  chmodSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs';
import path from 'node:path';
import { closedFolder, type Account } from './account.ts';
import type { Binaries } from './binaries.ts';

/**
 * Root's own folders (/root) are closed to the user that Postgres runs as. Programs that it has to reach are then copied
 * to here; the data it is handed as an open folder.
 */
const REFUGE = '/var/lib/ku7s';

/** The folder of the data: `dataDir`, or the one that an earlier version chose where the account can reach it. */
export function locateData(dataDir: string): string {
  const note = path.join(dataDir, 'location');
  return existsSync(note) ? readFileSync(note, 'utf8').trim() : dataDir;
}

/** The programs where they are, or a copy of them in the refuge. */
export function reachableBinaries(binaries: Binaries, account: Account, refuge = REFUGE): Binaries {
  if (closedFolder(binaries.postgres, account) === undefined) return binaries;
  const { version } = JSON.parse(readFileSync(path.join(binaries.native, '../package.json'), 'utf8')) as {
    version: string;
  };
  const copy = path.join(refuge, `postgres-${version}`);
  if (!existsSync(copy)) {
    const partial = `${copy}.${process.pid}`;
    mkdirSync(refuge, { recursive: true });
    // whatever this process's umask is
    chmodSync(refuge, 0o755);
    cpSync(binaries.native, partial, { recursive: true, verbatimSymlinks: true });
    openTree(partial);
    try {
      renameSync(partial, copy);
    } catch {
      // another process was faster
      rmSync(partial, { recursive: true, force: true });
    }
  }
  assertOpen(copy, account);
  const moved = (file: string): string => path.join(copy, path.relative(binaries.native, file));
  return { native: copy, initdb: moved(binaries.initdb), postgres: moved(binaries.postgres) };
}

function openTree(file: string): void {
  const stat = lstatSync(file);
  if (stat.isSymbolicLink()) return;
  chmodSync(file, stat.mode | (stat.isDirectory() || stat.mode & 0o100 ? 0o555 : 0o444));
  if (stat.isDirectory()) for (const name of readdirSync(file)) openTree(path.join(file, name));
}

function assertOpen(folder: string, account: Account): void {
  const closed = closedFolder(path.join(folder, 'x'), account);
  if (closed === undefined) return;
  throw new Error(
    `Postgres runs as the user "postgres" here, which may not enter ${closed}: open it (chmod o+x ${closed}), ` +
      'start ku7s as another user, or set DATABASE_URL to a Postgres server',
  );
}
