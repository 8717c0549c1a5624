import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { archive, buildImage, layoutFiles, type ArchiveEntry } from './image-archive.ts';
import { programFiles } from './program-image.ts';

const directory = (name: string, mode = 0o755): ArchiveEntry => ({ name, type: 'directory', mode });

/**
 * Writes an archive of an OCI layout into `folder`, with one image that has this machine's `node` and its libraries: what
 * `shop.example/node:1` is to the tests.
 */
export async function writeNodeImage(folder: string, name: string): Promise<void> {
  const files = new Map<string, ArchiveEntry>();
  for (const entry of programFiles()) files.set(entry.name, entry);
  const libraries = [...execFileSync('ldd', [process.execPath]).toString().matchAll(/\/\S+/g)].map(([file]) => file);
  for (const from of libraries) {
    const to = from.slice(1);
    files.set(to, { name: to, content: readFileSync(from), mode: 0o755 });
  }
  files.set('usr/local/bin/node', { name: 'usr/local/bin/node', content: readFileSync(process.execPath), mode: 0o755 });
  const folders = new Set(
    [...files.keys()].flatMap((file) =>
      file
        .split('/')
        .slice(0, -1)
        .map((_, i, parts) => parts.slice(0, i + 1).join('/')),
    ),
  );
  const layer = await archive([
    ...[...new Set([...folders, 'etc', 'proc', 'sys', 'dev', 'data', 'programs'])].map((each) => directory(each)),
    directory('tmp', 0o1777),
    { name: 'etc/passwd', content: 'root:x:0:0::/root:/bin/sh\nnode:x:1000:1000::/home/node:/bin/sh\n' },
    { name: 'etc/group', content: 'root:x:0:\nnode:x:1000:\n' },
    ...files.values(),
  ]);
  const image = buildImage([layer], { Env: ['PATH=/usr/local/bin:/usr/bin:/bin'], Cmd: ['node'] });
  writeFileSync(path.join(folder, 'node.tar'), await archive(layoutFiles({ [name]: image })));
}
