import { CAPABILITIES } from '../../pods/capabilities.ts';
import { NATIVE, systemCall } from './seccomp/system-calls.ts';

/** One step for the launcher: its name and its words. */
export type Step = readonly [name: string, ...words: (string | number | Buffer)[]];

const CALLS = [
  'bpf',
  'capset',
  'clone',
  'close',
  'close_range',
  'dup3',
  'execve',
  'fchmodat',
  'fchown',
  'fsconfig',
  'fsmount',
  'fsopen',
  'fstatfs',
  'ioctl',
  'keyctl',
  'mkdirat',
  'mknodat',
  'mount',
  'mount_setattr',
  'move_mount',
  'open_tree',
  'openat',
  'openat2',
  'pidfd_open',
  'pivot_root',
  'prctl',
  'prlimit64',
  'read',
  'recvmsg',
  'seccomp',
  'sendmsg',
  'setgroups',
  'sethostname',
  'setns',
  'setresgid',
  'setresuid',
  'setsid',
  'socketpair',
  'umount2',
  'unshare',
  'write',
];
const NUMBERS: Step = ['calls', ...CALLS.flatMap((name) => [name, systemCall(name, NATIVE) ?? -1])];

/** The steps as the launcher reads them: each string with its length before it, so that nothing need be quoted. */
export function encodePlan(steps: readonly Step[]): Buffer {
  return prefixed(Buffer.concat([NUMBERS, ...steps].map((step) => prefixed(Buffer.concat(step.map(word))))));
}

const word = (text: string | number | Buffer): Buffer =>
  prefixed(Buffer.isBuffer(text) ? text : Buffer.from(String(text)));

function prefixed(bytes: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

/** A set of capabilities as two words of 32 bits, the low one first. */
export function capabilityWords(names: readonly string[]): [number, number] {
  let bits = 0n;
  for (const name of names) bits |= 1n << BigInt(CAPABILITIES.indexOf(name));
  return [Number(bits & 0xffff_ffffn), Number(bits >> 32n)];
}
