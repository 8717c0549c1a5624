import { join } from 'node:path';
import type { CgroupFiles } from './cgroup-files.ts';
import { CONTROLLERS, type Bounds, type Controller } from './contract.ts';
import { milliOfQuota } from './figures.ts';

/** More than any machine has: v1's word for no limit of memory. */
const UNLIMITED = 2 ** 62;

const finite = (text: string | undefined): number | undefined =>
  text === undefined || text === 'max' ? undefined : Number(text);

function cpu(files: CgroupFiles, directory: string): number | undefined {
  const read = (name: string): string | undefined => files.read(join(directory, name));
  const [quota, period] = read('cpu.max')?.split(' ') ?? [read('cpu.cfs_quota_us'), read('cpu.cfs_period_us')];
  const [used, of] = [finite(quota) ?? -1, finite(period) ?? 0];
  return used > 0 && of > 0 ? milliOfQuota(used, of) : undefined;
}

function memory(files: CgroupFiles, directory: string): number | undefined {
  const bytes = finite(
    files.read(join(directory, 'memory.max')) ?? files.read(join(directory, 'memory.limit_in_bytes')),
  );
  return bytes !== undefined && bytes < UNLIMITED ? bytes : undefined;
}

const READ: Readonly<Record<Controller, (files: CgroupFiles, directory: string) => number | undefined>> = {
  cpu,
  memory,
  pids: (files, directory) => finite(files.read(join(directory, 'pids.max'))),
};

/**
 * What a line of cgroups, each in the one before, allows who is in the last: the least of each.
 * @param chains directories by controller
 */
export function boundsOf(files: CgroupFiles, chains: (controller: Controller) => readonly string[]): Bounds {
  const bounds: Bounds = {};
  for (const controller of CONTROLLERS) {
    for (const directory of chains(controller)) {
      const value = READ[controller](files, directory);
      if (value !== undefined) bounds[controller] = Math.min(bounds[controller] ?? Infinity, value);
    }
  }
  return bounds;
}
