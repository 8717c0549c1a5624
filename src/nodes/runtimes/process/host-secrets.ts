import { spawn } from 'node:child_process';
import { lstatSync } from 'node:fs';
import type { Clock } from '../../../rules/clock.ts';

/** A path of the host that no container sees, and the folders on the way to it, but the first. */
export interface HiddenPath {
  path: string;
  /** with their modes, in octal */
  folders: readonly { path: string; mode: string }[];
}

const CONFIGURATION = '/etc';
/** How old what was found among programs may be, ms: they change seldom, and are many. */
const PROGRAMS_MS = 60_000;
/** Bytes of paths that are taken: a host has a handful of them. */
const MAX_BYTES = 4 * 1024 * 1024;

export const octal = (mode: number): string => (mode & 0o7777).toString(8);

/** The folders on the way to a path, but the first. */
export function foldersAbove(path: string): HiddenPath['folders'] {
  const names = path.split('/').slice(1, -1);
  const folders = names.map((_, at) => `/${names.slice(0, at + 1).join('/')}`).slice(1);
  return folders.map((folder) => ({ path: folder, mode: octal(lstatSync(folder).mode) }));
}

/**
 * What only some may read on the host, nobody reads in a container: root of a container is the host's. Looked for when
 * a container starts, as it may have come since the last one did.
 */
export class HostSecrets {
  private readonly configuration: readonly string[];
  private readonly programs: readonly string[];
  private found: { at: number; hidden: Promise<HiddenPath[]> } | undefined;
  private running: Promise<unknown> = Promise.resolve();
  /** one that has not begun, for all that wait */
  private next: Promise<HiddenPath[]> | undefined;

  /** @param folders that containers are shown, absolute and no links */
  constructor(
    folders: readonly string[],
    private readonly clock: Pick<Clock, 'now'>,
  ) {
    this.configuration = folders.filter((path) => path === CONFIGURATION);
    this.programs = folders.filter((path) => path !== CONFIGURATION);
  }

  /** @throws Error where it cannot be looked for: then no container may be shown the host's programs */
  async current(): Promise<HiddenPath[]> {
    const now = this.clock.now();
    if (!this.found || now - this.found.at >= PROGRAMS_MS) {
      const hidden = unreadable(this.programs);
      this.found = { at: now, hidden };
      hidden.catch(() => (this.found = undefined));
    }
    const [configuration, programs] = await Promise.all([this.look(), this.found.hidden]);
    return [...configuration, ...programs];
  }

  /** A look that begins now or later: what was there when somebody asked is seen. */
  private look(): Promise<HiddenPath[]> {
    this.next ??= this.running.then(() => {
      this.next = undefined;
      const look = unreadable(this.configuration);
      this.running = look.catch(() => undefined);
      return look;
    });
    return this.next;
  }
}

/** Files and folders that are not for everybody to read, without what is in such a folder. */
async function unreadable(folders: readonly string[]): Promise<HiddenPath[]> {
  if (!folders.length) return [];
  const what = ['(', '-type', 'd', '-o', '-type', 'f', ')', '!', '-perm', '-004', '-print0', '-prune'];
  const child = spawn('find', ['-P', ...folders, ...what], { stdio: ['ignore', 'pipe', 'ignore'] });
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of child.stdout as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_BYTES) {
      child.kill('SIGKILL');
      throw new Error(`${folders.join(', ')}: too many files are not for everybody`);
    }
    chunks.push(chunk);
  }
  const ended = new Promise<void>((resolve, reject) => {
    child.once('error', reject);
    if (child.exitCode !== null || child.signalCode !== null) resolve();
    else child.once('close', () => resolve());
  });
  await ended;
  if (child.signalCode) throw new Error(`find was ended by ${child.signalCode}`);
  const paths = Buffer.concat(chunks).toString().split('\0').filter(Boolean);
  return paths.flatMap((path) => {
    try {
      return { path, folders: foldersAbove(path) };
    } catch {
      // a folder on the way to it has gone, and it with that
      return [];
    }
  });
}
