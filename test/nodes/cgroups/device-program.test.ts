import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { deviceProgram } from '../../../src/nodes/cgroups/device-program.ts';
import { COMMON_DEVICES, type DeviceRule } from '../../../src/nodes/cgroups/devices.ts';
import { cgroupMounts } from '../../../src/nodes/cgroups/mounts.ts';
import { probeCapabilities } from '../../../src/nodes/runtimes/process/capabilities.ts';
import { Launch } from '../../../src/nodes/runtimes/process/launch.ts';
import { LAUNCHER } from '../../../src/nodes/runtimes/process/launcher.ts';

const { v2 } = cgroupMounts(readFileSync('/proc/self/mountinfo', 'utf8'), readFileSync('/proc/self/cgroup', 'utf8'));
const can = probeCapabilities(tmpdir());
const scratch = mkdtempSync(join(tmpdir(), 'ku7s-devices-'));
const script = join(scratch, 'launcher.pl');
writeFileSync(script, LAUNCHER);

let count = 0;
let directory = '';
afterEach(() => {
  if (directory) rmdirSync(directory);
  directory = '';
});

/** What a shell says in a cgroup that is held to devices, by one program after the other. */
async function within(programs: readonly (readonly DeviceRule[])[], line: string): Promise<string> {
  directory = join(v2!.mountPoint, `ku7s-test-${process.pid}-${count++}`);
  mkdirSync(directory);
  for (const rules of programs) {
    const steps = [['devices', directory, deviceProgram(rules)], ['done']] as const;
    await new Launch({ perl: can.tools.perl!, script }, steps, ['ignore', 'ignore', 'ignore']).begun;
  }
  const { stdout } = spawnSync('/bin/sh', ['-c', `echo 0 > ${directory}/cgroup.procs; ${line}`], { encoding: 'utf8' });
  return stdout;
}

const READ = ({ minor = 0 }: { minor?: number }): string => `head -c 0 ${scratch}/${minor} && echo opened; :`;
const node = (minor: number): void =>
  void execFileSync('mknod', ['-m', '666', join(scratch, String(minor)), 'c', '1', String(minor)]);

describe.skipIf(!can.devicePrograms || !v2)('a cgroup of v2', () => {
  for (const minor of [3, 5, 7, 11]) node(minor);

  it.each<[string, (readonly DeviceRule[])[], number, boolean]>([
    ['all without a program', [], 11, true],
    ['none by a program without rules', [[]], 3, false],
    ['what every container has', [COMMON_DEVICES], 3, true],
    ['nothing beside that', [COMMON_DEVICES], 11, false],
    ['a device by both numbers', [[{ type: 'c', major: 1, minor: 7, access: 'rwm' }]], 7, true],
    ['not one with another minor number', [[{ type: 'c', major: 1, minor: 7, access: 'rwm' }]], 5, false],
    ['not one with another major number', [[{ type: 'c', major: 5, minor: 7, access: 'rwm' }]], 7, false],
    ['not one of the other type', [[{ type: 'b', major: 1, minor: 7, access: 'rwm' }]], 7, false],
    ['all of a type', [[{ type: 'c', access: 'rwm' }]], 11, true],
    ['not to read what may only be made', [[{ type: 'c', access: 'm' }]], 3, false],
    ['to read what may not be written', [[{ type: 'c', access: 'rm' }]], 3, true],
    [
      'the second of two rules',
      [
        [
          { type: 'c', major: 1, minor: 7, access: 'rwm' },
          { type: 'c', major: 1, minor: 5, access: 'rwm' },
        ],
      ],
      5,
      true,
    ],
    ['only what both programs allow', [COMMON_DEVICES, [{ type: 'c', major: 1, minor: 5, access: 'rwm' }]], 3, false],
  ])('opens %s', async (_what, programs, minor, isOpen) => {
    expect(await within(programs, READ({ minor }))).toBe(isOpen ? 'opened\n' : '');
  });

  it.each<[DeviceRule['access'], string]>([
    ['m', 'made'],
    ['rm', 'made read'],
    ['rwm', 'made read written'],
  ])('with %s a device is %s', async (access, done) => {
    const line = 'mknod n c 1 3 && printf made; (head -c 0 3) && printf " read"; (: > 3) && printf " written"; rm -f n';
    expect(await within([[{ type: 'c', access }]], `cd ${scratch}; ${line}`)).toBe(done);
  });
});
