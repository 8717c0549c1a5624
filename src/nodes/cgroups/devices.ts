import { statSync } from 'node:fs';

/** What may be done with a device, or with all of a kind: `r`ead, `w`rite, `m`ake a node of it. */
export interface DeviceRule {
  type: 'b' | 'c';
  /** any when absent */
  major?: number;
  /** any when absent */
  minor?: number;
  access: 'rwm' | 'rm' | 'm';
}

/** A program that holds a cgroup to devices, which whoever starts processes in it attaches before (v2). */
export interface HeldDevices {
  /** of the cgroup */
  directory: string;
  allowed: readonly DeviceRule[];
}

/** What every container may use that is not privileged. Source: runc specconv AllowedDevices. */
export const COMMON_DEVICES: readonly DeviceRule[] = [
  { type: 'c', access: 'm' },
  { type: 'b', access: 'm' },
  // null, zero, full, random, urandom, tty, ptmx and the terminals behind it
  ...[3, 5, 7, 8, 9].map((minor): DeviceRule => ({ type: 'c', major: 1, minor, access: 'rwm' })),
  { type: 'c', major: 5, minor: 0, access: 'rwm' },
  { type: 'c', major: 5, minor: 2, access: 'rwm' },
  { type: 'c', major: 136, access: 'rwm' },
];

/** The rule for the device at a path. @throws Error when there is none */
export function deviceAt(path: string, readOnly: boolean): DeviceRule {
  const stat = statSync(path);
  const device = BigInt(stat.rdev);
  return {
    type: stat.isCharacterDevice() ? 'c' : 'b',
    // as glibc's makedev has it
    major: Number(((device >> 8n) & 0xfffn) | ((device >> 32n) & ~0xfffn)),
    minor: Number((device & 0xffn) | ((device >> 12n) & 0xffff_ff00n)),
    access: readOnly ? 'rm' : 'rwm',
  };
}

/** A rule as `devices.allow` takes it. */
export const ruleText = ({ type, major, minor, access }: DeviceRule): string =>
  `${type} ${major ?? '*'}:${minor ?? '*'} ${access}`;
