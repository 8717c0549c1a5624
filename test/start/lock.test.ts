import { fork, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { build } from 'esbuild';
import { afterAll, expect, test } from 'vitest';
import { identityOf } from '../../src/start/identity.ts';
import { lockRole } from '../../src/start/lock.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'ku7s-lock-'));
const holders: ChildProcess[] = [];
afterAll(() => {
  for (const each of holders) each.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

/** Another process that takes the lock, and says whether it has it. */
async function holder(role: string): Promise<{ child: ChildProcess; said: string }> {
  const script = path.join(folder, 'holder.mjs');
  const contents = `import { lockRole } from './lock.ts';
    try { lockRole(${JSON.stringify(folder)}, process.argv[2]); process.send('has it'); }
    catch (error) { process.send(error.message); }
    setInterval(() => {}, 1000);`;
  const resolveDir = path.resolve(import.meta.dirname, '../../src/start');
  await build({ stdin: { contents, resolveDir }, bundle: true, platform: 'node', format: 'esm', outfile: script });
  const child = fork(script, [role], { execArgv: [] });
  holders.push(child);
  const said = await new Promise<string>((resolve, reject) => {
    child.once('message', (text) => resolve(String(text)));
    child.once('exit', (code) => reject(new Error(`exit ${code}`)));
  });
  return { child, said };
}

test('a role of a data folder is one process’s until it ends, however it ends', async () => {
  const first = await holder('api');
  expect(first.said).toBe('has it');
  expect(() => lockRole(folder, 'api')).toThrow(
    `the data folder ${folder} is in use by process ${first.child.pid}, which has the role api: ` +
      'stop it, or choose another folder with --data',
  );
  expect(() => lockRole(folder, 'nodes')).not.toThrow();
  const ended = new Promise((resolve) => first.child.once('exit', resolve));
  first.child.kill('SIGKILL');
  await ended;
  expect(() => lockRole(folder, 'api')).not.toThrow();
});

test('the loops of a data folder are the same candidate in each run', () => {
  const other = mkdtempSync(path.join(folder, 'other-'));
  expect(identityOf(folder)).toBe(identityOf(folder));
  expect(identityOf(other)).not.toBe(identityOf(folder));
});
