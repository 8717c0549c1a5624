import { execFile } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it } from 'vitest';

/** What containers try, tried as a user who is not root: the limits are other ones, and must hold as well. */
const TRIED = ['attacks', 'containment'].map((name) => `test/nodes/runtimes/${name}.test.ts`);
const NOBODY = ['--reuid=65534', '--regid=65534', '--clear-groups'];
/** As users often have one, lower than what a pod may have. */
const LIMIT = ['prlimit', '--nproc=4000:4000'];
const VITEST = 'node_modules/vitest/vitest.mjs';
const MAX_OUTPUT = 64 * 1024 * 1024;

/** As `--reporter=json` has it. */
interface Suite {
  name: string;
  status: string;
  assertionResults: { status: string; fullName: string }[];
}

/** @param folder where it may write */
const asNobody = (args: readonly string[], folder: string): Promise<{ failed: boolean; stdout: string }> =>
  new Promise((resolve) => {
    const env = { ...process.env, HOME: folder, TMPDIR: folder };
    execFile('setpriv', [...NOBODY, ...args], { env, maxBuffer: MAX_OUTPUT }, (error, stdout) =>
      resolve({ failed: error !== null, stdout }),
    );
  });

it('what containers try is tried as another user too', { timeout: 1_800_000 }, async ({ skip }) => {
  skip(process.getuid?.() !== 0, 'all tests are run by another user than root');
  const isReadable = !(await asNobody(['test', '-r', VITEST], tmpdir())).failed;
  skip(!isReadable, 'others cannot read this folder, or there is no setpriv');
  const folder = mkdtempSync(path.join(tmpdir(), 'ku7s-rootless-'));
  chmodSync(folder, 0o777);
  try {
    // no cache is written into the tree
    const flags = ['run', '--configLoader=runner', '--maxWorkers=1', '--reporter=json', ...TRIED];
    const { stdout } = await asNobody([...LIMIT, process.execPath, VITEST, ...flags], folder);
    const { testResults } = JSON.parse(stdout) as { testResults: Suite[] };
    const failed = testResults.flatMap(({ assertionResults }) =>
      assertionResults.filter(({ status }) => status === 'failed').map(({ fullName }) => fullName),
    );
    expect(failed).toEqual([]);
    const kinds = testResults.map(({ status, name }) => `${status} ${path.basename(name)}`).sort();
    expect(kinds).toEqual(TRIED.map((file) => `passed ${path.basename(file)}`));
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  }
});
