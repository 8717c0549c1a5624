import { randomBytes } from 'node:crypto';
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
  statSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { closedFolder, type Account } from './account.ts';
import type { Binaries } from './binaries.ts';

/**
 * Root's own folders (/root) are closed to the user that Postgres runs as. What it has to reach is then kept here,
 * and the data folder says where.
 */
const REFUGE = '/var/lib/ku7s';

/** The folder for the data: `dataDir`, or one in the refuge that `dataDir` names. */
export function reachableData(dataDir: string, account: Account, refuge = REFUGE): string {
  // the folder itself is ours to open; what is private in it has modes of its own
  if (account.uid !== undefined) chmodSync(dataDir, statSync(dataDir).mode | 0o011);
  if (closedFolder(path.join(dataDir, 'pgdata'), account) === undefined) return dataDir;
  const note = path.join(dataDir, 'location');
  // removing the data folder means to begin anew: hence a name that is not found again without the note
  if (!existsSync(note)) writeFileSync(note, path.join(refuge, `data-${randomBytes(6).toString('hex')}`));
  const location = readFileSync(note, 'utf8').trim();
  mkdirSync(location, { recursive: true, mode: 0o711 });
  assertOpen(location, account);
  return location;
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
    mkdirSync(refuge, { recursive: true, mode: 0o755 });
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
