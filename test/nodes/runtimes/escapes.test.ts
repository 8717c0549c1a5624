import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { probeCapabilities } from '../../../src/nodes/runtimes/process/capabilities.ts';
import type { BindMount } from '../../../src/nodes/runtimes/runtime.ts';
import { Inside, SECRET, type Tried } from './inside.ts';

const can = probeCapabilities(tmpdir());
let world: Inside;
beforeAll(() => void (world = new Inside()));
afterAll(() => world.close());

/** A volume of which the container has a part: the rest of it, and what is above, are not the container's. */
function part(): BindMount {
  const source = mkdtempSync(join(world.data, 'volume-'));
  mkdirSync(join(source, 'part', 'deep'), { recursive: true });
  writeFileSync(join(source, 'secret'), SECRET);
  return { source, target: '/part', readOnly: false, subPath: 'part/deep' };
}

/** What it prints, or why it was not started. */
const tried = (script: string, how: Tried): Promise<string> =>
  world.run(script, how).then(
    ({ out }) => out,
    (error: Error) => error.message,
  );

describe.runIf(can.rootView)('what the launcher has open', () => {
  const search = 'ls -a . .. ../.. ../../..; cat secret ../secret ../../secret ../../../key';
  const OUTSIDE = new RegExp(`${SECRET}|volume-|^key$`, 'm');

  // some of them are the descriptors of volumes, of cgroups and of the launcher's own files
  it.each([5, 13, 21, 29, 37, 45, 53])('is no working directory: descriptors from %i on', async (first) => {
    const mounts = [part()];
    const tries = Array.from({ length: 8 }, (_, n) => {
      const workingDir = `/proc/self/fd/${first + n}`;
      return tried(search, { mounts, workingDir });
    });
    for (const out of await Promise.all(tries)) expect(out).not.toMatch(OUTSIDE);
  });

  it.each([5, 6, 7, 8, 9, 10])('is no working directory of a command beside: descriptor %i', async (n) => {
    const own = part();
    const folder = join(own.source, 'part', 'deep', 'work');
    // a folder when the container begins, and then a link of the container's
    const meanwhile = (): void => {
      rmdirSync(folder);
      symlinkSync(`/proc/self/fd/${n}`, folder);
    };
    const out = await tried(search, { mounts: [own], workingDir: '/part/work', beside: true, meanwhile });
    expect(out).toContain('chdir to /part/work: No such file or directory');
  });

  it('is stepped into by no link of the container', async () => {
    const link = { ...part(), subPath: 'part' };
    execFileSync('ln', ['-s', '/proc/self/cwd', join(link.source, 'part', 'cwd')]);
    const before = '/proc/self/root/part/cwd/x';
    for (const workingDir of [before, '/part/cwd', '/proc/self/root', '/proc/self/cwd'])
      expect(await tried('echo began', { mounts: [link], workingDir }), workingDir).toMatch(/symbolic links/);
  });

  it('is no place to mount at', async () => {
    for (const target of ['/proc/self/fd/5/x', '/proc/self/cwd/x', '/proc/thread-self/root/x'])
      expect(await tried('echo began', { mounts: [{ ...part(), target }] }), target).not.toContain('began');
  });
});

describe.runIf(can.rootView).each([
  ['a container', false],
  ['a command beside it', true],
])('%s', (_, beside) => {
  const traces = (pid: number | string): string =>
    `perl -e 'exit(syscall(101, 16, ${pid}, 0, 0) == -1 ? 1 : 0)' && echo traced; ` +
    `head -c 1 /proc/${pid}/environ && echo read; ls /proc/${pid}/root/ && echo entered; ` +
    `cat /proc/${pid}/cwd/key && echo entered; for fd in /proc/${pid}/fd/*; do readlink $fd && echo followed; done`;
  const REACHED = /^(traced|read|entered|followed)$/m;

  it('that sees the processes of the host neither traces the agent nor reads of it', async () => {
    const { out } = await world.run(traces(process.pid), { beside, pod: { hostPID: true } });
    expect(out).not.toMatch(REACHED);
  });

  it('makes nothing on the host by way of a process of the host', async () => {
    const folder = join(tmpdir(), `ku7s-made-${process.pid}`);
    const workingDir = `/proc/${process.pid}/root${folder}`;
    try {
      const out = await tried('echo began', { beside, pod: { hostPID: true }, workingDir });
      expect([existsSync(folder), out.includes('began')]).toEqual([false, false]);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it('that shares processes finds nothing in the first of them, and does not end it', async () => {
    const script = `kill -9 1; kill -STOP 1; ${traces(1)}; tr "\\0" " " < /proc/1/cmdline`;
    const { out } = await world.run(script, { beside, pod: { shareProcessNamespace: true } });
    expect(out).not.toMatch(REACHED);
    expect(out).toContain('/pause');
  });

  it('has a session of keys of its own where it may ask for keys', async () => {
    const session = `perl -e 'print syscall(250, 0, -3, 0) . "\\n"'`;
    const own = { seccompProfile: { type: 'Unconfined' as const } };
    const host = execFileSync('perl', ['-e', 'print syscall(250, 0, -3, 0) . "\\n"']).toString();
    const all = [host, (await world.run(session, { own, beside })).out, (await world.run(session, { own })).out];
    // -1: the kernel, or what this machine itself runs in, has no keys for anybody
    if (all.every((each) => each === '-1\n')) return;
    expect(new Set(all).size).toBe(3);
  });

  it('is started by nothing that its variables name', async () => {
    const script = 'for name in perl sh cat; do printf "#!/bin/sh\\necho replaced\\n" > /tmp/$name; done; echo ran';
    const env = { PERL5OPT: '-Mnone', PERL5LIB: '/tmp', LD_PRELOAD: '/tmp/none.so', PATH: '/tmp', BASH_ENV: '/tmp/sh' };
    expect(await tried(script, { beside, env })).toMatch(/ran\n$/);
  });
});
