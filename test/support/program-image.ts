import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { archive, type ArchiveEntry } from './image-archive.ts';

/** Programs that every image for tests has. */
const PROGRAMS = ['sh', 'cat', 'ls', 'id', 'sleep', 'env', 'touch', 'pwd', 'mkdir', 'rm', 'echo'];
const BUSYBOX = '/bin/busybox';

/** Whether a program needs no library. */
const isStatic = (path: string): boolean => existsSync(path) && !/INTERP/.test(readelf(path));
const readelf = (path: string): string => {
  const bytes = readFileSync(path);
  return bytes.includes('/lib64/ld-linux') || bytes.includes('/lib/ld-') ? 'INTERP' : '';
};

/** Files of a root that can run shell scripts: of a static busybox, else the machine's own programs with their libraries. */
export function programFiles(): ArchiveEntry[] {
  const file = (name: string, from: string): ArchiveEntry => ({
    name: name.replace(/^\//, ''),
    content: readFileSync(from),
    mode: 0o755,
  });
  if (isStatic(BUSYBOX))
    return [
      file('bin/busybox', BUSYBOX),
      ...PROGRAMS.map((name) => ({ name: `bin/${name}`, type: 'symlink' as const, linkname: 'busybox' })),
    ];
  const files = new Map<string, ArchiveEntry>();
  for (const name of PROGRAMS) {
    const path = realpathSync(
      execFileSync('sh', ['-c', `command -v ${name === 'echo' ? '/bin/echo' : name}`])
        .toString()
        .trim(),
    );
    files.set(`bin/${name}`, file(`bin/${name}`, path));
    for (const [library] of execFileSync('ldd', [path]).toString().matchAll(/\/\S+/g))
      files.set(library, file(library, library));
  }
  return [...files.values()];
}

const directory = (name: string, mode = 0o755): ArchiveEntry => ({ name, type: 'directory', mode });

/** Archives of an image with programs, two users, and a second layer that changes and removes something of the first. */
export async function programLayers(): Promise<Buffer[]> {
  const base = [
    ...['bin', 'etc', 'proc', 'sys', 'dev', 'home', 'var', 'var/old'].map((name) => directory(name)),
    directory('tmp', 0o1777),
    ...programFiles(),
    { name: 'etc/passwd', content: 'root:x:0:0::/root:/bin/sh\nweb:x:1234:1235::/home/web:/bin/sh\n' },
    { name: 'etc/group', content: 'root:x:0:\nweb:x:1235:\nlogs:x:1300:web\n' },
    { ...directory('home/web'), uid: 1234, gid: 1235 },
    { name: 'home/web/note', content: 'first', uid: 1234, gid: 1235 },
    { name: 'etc/removed', content: 'gone' },
    { name: 'var/old/file', content: 'gone' },
  ];
  const change = [
    { name: 'home/web/note', content: 'second', uid: 1234, gid: 1235 },
    { name: 'etc/.wh.removed' },
    directory('var/old'),
    { name: 'var/old/.wh..wh..opq' },
    { name: 'var/old/new', content: 'new' },
  ];
  return [await archive(base), await archive(change)];
}
