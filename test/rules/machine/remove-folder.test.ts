import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { removeFolder } from '../../../src/rules/machine/remove-folder.ts';

it.each([
  ['that is not there', ''],
  ['with files', 'mkdir -p "$0/a" && touch "$0/a/f"'],
  ['that lets nobody in', 'mkdir -p "$0/a/b" && touch "$0/a/b/f" && chmod 0 "$0/a/b" "$0/a"'],
  [
    'that no path leads through',
    'mkdir "$0" && cd "$0" && for n in $(seq 40); do mkdir $1 && cd -P $1 || exit; done; touch f',
  ],
])('a folder %s is gone', async (_, script) => {
  const folder = join(mkdtempSync(join(tmpdir(), 'ku7s-remove-')), 'x');
  execFileSync('/bin/sh', ['-c', script, folder, 'd'.repeat(200)]);
  await removeFolder(folder);
  expect(existsSync(folder)).toBe(false);
});
