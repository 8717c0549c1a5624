import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { copyTree } from '../../../src/addons/storage/copy-tree.ts';

let scratch: string;
let from: string;
let to: string;
beforeEach(() => {
  scratch = mkdtempSync(join(tmpdir(), 'ku7s-copy-'));
  [from, to] = [join(scratch, 'from'), join(scratch, 'to')];
  for (const each of [from, to]) mkdirSync(each);
});
afterEach(() => rmSync(scratch, { recursive: true }));

it('copies files, modes, links, pipes and holes, and follows no link', async () => {
  mkdirSync(join(from, 'deep'));
  writeFileSync(join(from, 'deep/file'), 'text');
  chmodSync(join(from, 'deep/file'), 0o4711);
  symlinkSync('/etc/passwd', join(from, 'link'));
  execFileSync('mkfifo', [join(from, 'pipe')]);
  writeFileSync(join(from, 'holes'), '');
  truncateSync(join(from, 'holes'), 64 * 2 ** 20);
  await copyTree(from, to, 60_000);
  expect(readFileSync(join(to, 'deep/file'), 'utf8')).toBe('text');
  expect(lstatSync(join(to, 'deep/file')).mode & 0o7777).toBe(0o4711);
  expect(readlinkSync(join(to, 'link'))).toBe('/etc/passwd');
  expect(lstatSync(join(to, 'pipe')).isFIFO()).toBe(true);
  const holes = lstatSync(join(to, 'holes'));
  expect([holes.size, holes.blocks < 100]).toEqual([64 * 2 ** 20, true]);
});

it('says why it cannot', async () => {
  await expect(copyTree(join(scratch, 'none'), to, 60_000)).rejects.toThrow(/copying failed: .*No such file/);
  await expect(copyTree(from, join(scratch, 'none'), 60_000)).rejects.toThrow(/copying failed/);
});

it('brings nothing from outside while its folders become links and folders again', async () => {
  const outside = join(scratch, 'outside');
  mkdirSync(outside);
  writeFileSync(join(outside, 'secret'), 'of the host');
  for (let n = 0; n < 200; n++) {
    mkdirSync(join(from, String(n)));
    writeFileSync(join(from, String(n), 'own'), '');
  }
  symlinkSync(outside, join(from, 'way'));
  // goes on in a thread of its own: each folder changes places with a link
  const swap = `
    const { renameSync } = require('node:fs');
    const { workerData: from } = require('node:worker_threads');
    for (let n = 0; ; n = (n + 1) % 200) {
      const folder = from + '/' + n;
      try {
        renameSync(folder, folder + '.aside'); renameSync(from + '/way', folder);
        renameSync(folder, from + '/way'); renameSync(folder + '.aside', folder);
      } catch {}
    }`;
  const worker = new Worker(swap, { eval: true, workerData: from });
  try {
    for (let round = 0; round < 3; round++) {
      const into = join(to, String(round));
      mkdirSync(into);
      // a name that goes while it is copied is a failure, and no way out
      await copyTree(from, into, 60_000).catch(() => undefined);
    }
  } finally {
    await worker.terminate();
  }
  expect(execFileSync('find', [to, '-name', 'secret'], { encoding: 'utf8' })).toBe('');
});
