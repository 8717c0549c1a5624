import { chmodSync, chownSync, mkdirSync, statSync } from 'node:fs';
import { StartError } from './start-error.ts';

/** Nobody else reads, enters or writes. */
const CLOSED = 0o700;

/**
 * Makes the folder of everything that is kept, or takes the one that is there: ours, and closed to everybody else, with
 * a line that says what was changed. What is made from now on by this process is closed too, unless it says otherwise.
 * @throws StartError for a folder of another user, who could exchange what is in it
 */
export function closeDataFolder(folder: string, log: (line: string) => void): void {
  process.umask(0o077);
  try {
    mkdirSync(folder, { recursive: true, mode: CLOSED });
  } catch (error) {
    throw new StartError(`cannot make the data folder ${folder}: ${(error as Error).message}`);
  }
  const { uid, gid, mode } = statSync(folder);
  const own = process.getuid?.();
  if (own !== undefined && uid !== own) {
    if (own !== 0) throw new StartError(`the data folder ${folder} belongs to another user (uid ${uid})`);
    chownSync(folder, own, gid);
    log(`the data folder ${folder} belonged to another user (uid ${uid}): it is root's now`);
  }
  if (!(mode & 0o077)) return;
  chmodSync(folder, CLOSED);
  log(`the data folder ${folder} was open to others (mode ${(mode & 0o777).toString(8)}): it is closed now`);
}
