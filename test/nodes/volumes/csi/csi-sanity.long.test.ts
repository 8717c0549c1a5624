import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { BindDriver, mountsBelow } from '../../../support/bind-driver.ts';
import { buildPublished } from '../../../support/published-program.ts';

const MODULE = 'github.com/kubernetes-csi/csi-test/v5';
const VERSION = 'v5.4.0';

/**
 * The suite that the Kubernetes project publishes for drivers, of the driver that `test/e2e/csi.test.ts` has a node
 * mount: what holds with it holds with a real one.
 */
it('the driver of these tests is one to the published suite', async ({ skip }) => {
  skip(process.getuid?.() !== 0, 'it mounts');
  const suite = await buildPublished(MODULE, VERSION, '/cmd/csi-sanity');
  if (typeof suite === 'string') return skip(suite);
  const folder = mkdtempSync(path.join(os.tmpdir(), 'ku7s-sanity-'));
  const driver = new BindDriver('bind.example.com');
  try {
    await driver.start(path.join(folder, 'plugins_registry'));
    const { stdout } = await promisify(execFile)(
      suite.binary,
      [
        `--csi.endpoint=unix://${driver.endpoint}`,
        `--csi.mountdir=${path.join(folder, 'mount')}`,
        `--csi.stagingdir=${path.join(folder, 'staging')}`,
        '--ginkgo.no-color',
      ],
      { maxBuffer: 64 * 1024 * 1024 },
    ).catch((error: Error & { stdout?: string }) => ({ stdout: error.stdout ?? error.message }));
    const [, passed = '0', failed] = /(\d+) Passed \| (\d+) Failed/.exec(stdout) ?? [];
    console.log(stdout.split('\n').slice(-6).join('\n'));
    expect([failed, stdout.includes('[FAIL]') ? stdout.slice(-8000) : '']).toEqual(['0', '']);
    expect(Number(passed)).toBeGreaterThan(20);
    expect(mountsBelow(folder)).toEqual([]);
  } finally {
    driver.remove();
    rmSync(folder, { recursive: true, force: true });
  }
});
