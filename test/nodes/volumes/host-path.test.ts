import { existsSync, mkdirSync, mkdtempSync, realpathSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkHostPath, isPluginPath } from '../../../src/nodes/volumes/host-path.ts';

const top = realpathSync(mkdtempSync(join(tmpdir(), 'ku7s-host-path-')));
const folders = { data: join(top, 'data'), node: join(top, 'data', 'node') };
mkdirSync(join(folders.node, 'plugins'), { recursive: true });
symlinkSync(folders.data, join(top, 'link'));

describe('a path of the host', () => {
  it.each<[string, '' | 'DirectoryOrCreate' | 'FileOrCreate']>([
    ['data/new', ''],
    ['data/new', 'DirectoryOrCreate'],
    ['data/postgres/standby.signal', 'FileOrCreate'],
    ['data/node/pods/other/volumes', 'DirectoryOrCreate'],
    ['data/node/plugins/kubernetes.io', 'DirectoryOrCreate'],
    ['data/node/plugins/driver/deeper', 'DirectoryOrCreate'],
    ['link/new', 'DirectoryOrCreate'],
    ['link/new/er', 'FileOrCreate'],
  ])('is not made within the data of the node: %s as %j', async (path, type) => {
    const at = join(top, path);
    await expect(checkHostPath({ path: at, type }, folders)).rejects.toThrow("is within the node's own data");
    expect(existsSync(at)).toBe(false);
  });

  it.each(['elsewhere', 'data/node/plugins/driver', 'data/node/plugins_registry'])('is made at %s', async (path) => {
    expect(await checkHostPath({ path: join(top, path), type: 'DirectoryOrCreate' }, folders)).toBe(join(top, path));
    expect(existsSync(join(top, path))).toBe(true);
  });

  it.each([
    ['plugins_registry', true],
    ['plugins/driver', true],
    ['plugins', false],
    ['plugins/kubernetes.io', false],
    ['plugins/driver/deeper', false],
    ['pods', false],
    ['../key', false],
  ])('%s of the node is a driver’s: %s', (path, is) => {
    expect(isPluginPath(join(folders.node, path), folders)).toBe(is);
  });
});
