import { chmodSync, chownSync, mkdirSync, mkdtempSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { makeOpenDirectory } from '../../src/nodes/volumes/open-directory.ts';
import { closeDataFolder } from '../../src/start/data-folder.ts';

const umask = process.umask();
afterEach(() => void process.umask(umask));
const mode = (file: string): string => (statSync(file).mode & 0o777).toString(8);
const root = process.getuid?.() === 0;

/** A folder in a new one, and what is said of it. */
function close(mode?: number, owner?: number): { folder: string; lines: string[] } {
  const folder = path.join(mkdtempSync(path.join(tmpdir(), 'ku7s-data-')), 'data');
  if (mode !== undefined) {
    mkdirSync(folder);
    chmodSync(folder, mode);
    if (owner !== undefined) chownSync(folder, owner, owner);
  }
  const lines: string[] = [];
  closeDataFolder(folder, (line) => lines.push(line.replace(folder, 'FOLDER')));
  return { folder, lines };
}

describe('the data folder', () => {
  it.each([
    ['is made closed', undefined, []],
    ['that is closed is taken as it is', 0o700, []],
    [
      'that others may read is closed',
      0o755,
      ['the data folder FOLDER was open to others (mode 755): it is closed now'],
    ],
    [
      'that others may write is closed',
      0o777,
      ['the data folder FOLDER was open to others (mode 777): it is closed now'],
    ],
  ])('%s', (_, before, said) => {
    const { folder, lines } = close(before);
    expect(mode(folder)).toBe('700');
    expect(lines).toEqual(said);
  });

  it.runIf(root)('of another user becomes root’s', () => {
    const { folder, lines } = close(0o700, 65534);
    expect(statSync(folder).uid).toBe(0);
    expect(lines).toEqual(["the data folder FOLDER belonged to another user (uid 65534): it is root's now"]);
  });

  it('is where everything made is closed, but what containers are shown', async () => {
    const { folder } = close();
    writeFileSync(path.join(folder, 'file'), '');
    mkdirSync(path.join(folder, 'inner'));
    expect([mode(path.join(folder, 'file')), mode(path.join(folder, 'inner'))]).toEqual(['600', '700']);
    await makeOpenDirectory(path.join(folder, 'a/b'));
    expect([mode(path.join(folder, 'a')), mode(path.join(folder, 'a/b'))]).toEqual(['755', '755']);
    chmodSync(path.join(folder, 'a'), 0o750);
    await makeOpenDirectory(path.join(folder, 'a'));
    expect(mode(path.join(folder, 'a'))).toBe('750');
  });

  it('that cannot be made is one line', () => {
    const file = path.join(mkdtempSync(path.join(tmpdir(), 'ku7s-data-')), 'file');
    writeFileSync(file, '');
    expect(() => closeDataFolder(path.join(file, 'data'), () => undefined)).toThrow(
      /^cannot make the data folder .*data: /,
    );
  });
});
