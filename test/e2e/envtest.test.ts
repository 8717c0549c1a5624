import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startCluster } from '../../src/client/testing.ts';
import { prepare } from './clients/program.ts';

const execute = promisify(execFile);
const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const BIN = here('../../bin/ku7s.js');

describe("an operator's suite in Go", () => {
  const cwd = here('./clients/envtest');
  const go = { cwd, env: { GOFLAGS: '-mod=mod', GOWORK: 'off' } };
  let assets: string;
  beforeAll(async () => {
    assets = mkdtempSync(path.join(os.tmpdir(), 'ku7s-envtest-'));
    await execute(process.execPath, [BIN, 'envtest', assets]);
  });
  afterAll(() => rmSync(assets, { recursive: true, force: true }));

  it('runs unchanged with KUBEBUILDER_ASSETS', { timeout: 900_000 }, async ({ skip }) => {
    const ready = await prepare([{ command: 'go', args: ['mod', 'download'], ...go, timeout: 240_000 }], ['go']);
    if ('missing' in ready) skip(ready.missing);
    const env = { ...process.env, ...go.env, KUBEBUILDER_ASSETS: assets };
    const { stdout } = await execute('go', ['test', '-count=1', '-v', './...'], { cwd, env, maxBuffer: 16 << 20 });
    expect([...stdout.matchAll(/^--- (\w+): (\w+)/gm)].map(([, result, name]) => [name, result])).toEqual([
      ['TestControlPlanesSideBySide', 'PASS'],
      ['TestDefinitionsUsersAndKubectl', 'PASS'],
      ['TestSwitchesOfAdmission', 'PASS'],
      ['TestControllers', 'PASS'],
    ]);
  });
});

describe('ku7s/testing', () => {
  it('starts clusters side by side, and leaves nothing', async () => {
    const [one, two] = await Promise.all([startCluster(), startCluster({ controllers: false })]);
    try {
      expect(one.url).not.toBe(two.url);
      expect(one.kubeconfig).not.toBe(two.kubeconfig);
    } finally {
      await Promise.all([one.stop(), two.stop()]);
    }
    expect([one, two].filter(({ kubeconfig }) => existsSync(path.dirname(kubeconfig)))).toEqual([]);
  });

  it('says why a cluster does not start', async () => {
    await expect(startCluster({ args: ['--addons', 'nothing'] })).rejects.toThrow('there is no add-on nothing');
  });
});

describe('the fixture of pytest', () => {
  it('starts a cluster and ends it', async ({ skip }) => {
    const cwd = here('../../clients/python');
    const pytest = ['-m', 'pytest', '-q', '-p', 'no:cacheprovider'];
    const ready = await prepare(
      [{ command: 'python3', args: ['-m', 'pytest', '--version'], timeout: 60_000 }],
      ['python3'],
    );
    if ('missing' in ready) skip(ready.missing);
    const env = {
      ...process.env,
      PYTHONPATH: cwd,
      PYTHONDONTWRITEBYTECODE: '1',
      KU7S_COMMAND: `'${process.execPath}' '${BIN}'`,
    };
    const { stdout } = await execute('python3', [...pytest, 'tests'], { cwd, env });
    expect(stdout).toMatch(/\b4 passed\b/);
  });
});

describe('the package', () => {
  it('holds the build and nothing else', async () => {
    const { stdout } = await execute('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
      cwd: here('../..'),
      maxBuffer: 64 << 20,
    });
    const answer = JSON.parse(stdout) as
      { files: { path: string }[] }[] | Record<string, { files: { path: string }[] }>;
    const files = Object.values(answer).flatMap((one) => one.files.map((file) => file.path));
    const known =
      /^(LICENSE|NOTICE|README\.md|package\.json|bin\/ku7s\.js|schema\/schema\.graphql)$|^(dist|prisma\/migrations)\//;
    expect(files.filter((file) => !known.test(file))).toEqual([]);
    expect(files.filter((file) => /\.(map|tsx?)$/.test(file.replace(/\.d\.ts$/, '')))).toEqual([]);
    expect(files).toEqual(
      expect.arrayContaining(['bin/ku7s.js', 'LICENSE', 'NOTICE', 'dist/main.js', 'dist/thread.js', 'dist/etcd.js']),
    );
    expect(files).toEqual(
      expect.arrayContaining(['dashboard', 'server'].map((bundle) => `dist/licenses/${bundle}.txt`)),
    );
  });
});
