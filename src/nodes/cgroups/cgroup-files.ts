import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  writeSync,
} from 'node:fs';

/** The files by which the kernel tells of cgroups and is told; a test has others. Paths are absolute. */
export interface CgroupFiles {
  /** trimmed; undefined where there is no such file */
  read(path: string): string | undefined;
  /** @throws the kernel's refusal, an errno as `code` */
  write(path: string, text: string): void;
  exists(path: string): boolean;
  /** whether cgroups can be made in it */
  writable(path: string): boolean;
  /** Makes a cgroup whose parent is there; one that is there is as good. */
  make(path: string): void;
  /** @returns false while something is in it; one that is gone is removed */
  remove(path: string): boolean;
  /** names of the cgroups in it */
  children(path: string): string[];
}

const codeOf = (error: unknown): string | undefined => (error as NodeJS.ErrnoException).code;

/** Those of this machine. Each answers from the kernel's memory: none of them waits for a disk. */
export const kernelFiles: CgroupFiles = {
  read(path) {
    try {
      return readFileSync(path, 'utf8').trim();
    } catch {
      return undefined;
    }
  },
  // A file that is not there must not be made: what the kernel does not offer is refused.
  write(path, text) {
    const fd = openSync(path, constants.O_WRONLY);
    try {
      writeSync(fd, text);
    } finally {
      closeSync(fd);
    }
  },
  exists: existsSync,
  writable(path) {
    try {
      accessSync(path, constants.W_OK | constants.X_OK);
      return true;
    } catch {
      return false;
    }
  },
  make(path) {
    try {
      mkdirSync(path);
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error;
    }
  },
  remove(path) {
    try {
      rmdirSync(path);
    } catch (error) {
      if (codeOf(error) === 'EBUSY' || codeOf(error) === 'ENOTEMPTY') return false;
      if (codeOf(error) !== 'ENOENT') throw error;
    }
    return true;
  },
  children(path) {
    try {
      return readdirSync(path, { withFileTypes: true })
        .filter((entry) => entry.isDirectory())
        .map(({ name }) => name);
    } catch {
      return [];
    }
  },
};
