import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { writeAssets } from '../../../src/start/envtest/assets.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "ku7s-assets'-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const kubectl = (assets: string) => spawnSync(path.join(assets, 'kubectl'), ['get', 'a b'], { encoding: 'utf8' });

test('writes the three programs and a database to begin with, and says how they are used', async () => {
  const assets = path.join(folder, 'a', 'b');
  expect(await writeAssets(assets, { PATH: '' })).toContain('export KUBEBUILDER_ASSETS=');
  expect(readdirSync(assets).sort()).toEqual(['.template', 'etcd', 'kube-apiserver', 'kubectl']);
  expect(readdirSync(path.join(assets, '.template'))).toEqual(expect.arrayContaining(['password', 'pgdata']));
  expect(readFileSync(path.join(assets, 'etcd'), 'utf8')).toContain(process.execPath);
});

test('kubectl is the one on the path, never the one that was written before', async () => {
  const [bin, assets] = [path.join(folder, 'bin'), path.join(folder, 'assets')];
  mkdirSync(bin);
  writeFileSync(path.join(bin, 'kubectl'), '#!/bin/sh\nprintf "%s|" "$@"\n');
  chmodSync(path.join(bin, 'kubectl'), 0o755);
  for (let times = 0; times < 2; times++) {
    await writeAssets(assets, { PATH: [assets, bin].join(path.delimiter) });
    expect(kubectl(assets)).toMatchObject({ status: 0, stdout: 'get|a b|' });
  }
});

test('where there is none, kubectl says what is missing', async () => {
  const told = await writeAssets(folder, { PATH: path.join(folder, 'nowhere') });
  expect(told).toMatch(/^There is no kubectl on the path/);
  expect(kubectl(folder)).toMatchObject({
    status: 127,
    stderr: expect.stringMatching(/^kubectl: none was on the path/),
  });
});
