import { execFile } from 'node:child_process';
import { statSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The user that Postgres runs as; empty: our own. Postgres refuses to run as root. */
export interface Account {
  uid?: number;
  gid?: number;
}

const isRoot = (): boolean => process.getuid?.() === 0;

/** For root the system user `postgres`, made when it is absent. */
export async function postgresAccount(): Promise<Account> {
  if (!isRoot()) return {};
  try {
    return await lookUp();
  } catch {
    try {
      await run('useradd', ['--system', '--user-group', '--no-create-home', '--shell', '/bin/false', 'postgres']);
      return await lookUp();
    } catch (error) {
      throw new Error(
        'Postgres does not run as root and the user "postgres" could not be made; start ku7s as another user, ' +
          `or set DATABASE_URL to a Postgres server (${(error as Error).message.trim()})`,
      );
    }
  }
}

async function lookUp(): Promise<Account> {
  const [uid, gid] = await Promise.all([run('id', ['-u', 'postgres']), run('id', ['-g', 'postgres'])]);
  return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
}

/** The first folder on the way to `target` that the account may not enter; undefined when all are open to it. */
export function closedFolder(target: string, account: Account): string | undefined {
  if (account.uid === undefined) return undefined;
  const parents: string[] = [];
  for (let folder = path.dirname(path.resolve(target)); ; folder = path.dirname(folder)) {
    parents.unshift(folder);
    if (folder === path.dirname(folder)) break;
  }
  return parents.find((folder) => {
    const { mode, uid, gid } = statSync(folder);
    const bits = uid === account.uid ? mode >> 6 : gid === account.gid ? mode >> 3 : mode;
    return (bits & 1) === 0;
  });
}
