import { describe, expect, it } from 'vitest';
import { CAPABILITIES, DEFAULT_CAPABILITIES } from '../../../src/nodes/pods/capabilities.ts';
import { compileFilter } from '../../../src/nodes/runtimes/process/seccomp/compile-filter.ts';
import { defaultProfile } from '../../../src/nodes/runtimes/process/seccomp/default-profile.ts';
import { ACTIONS, parseProfile, type Condition } from '../../../src/nodes/runtimes/process/seccomp/profile.ts';
import {
  ARCHITECTURES,
  NATIVE,
  systemCall,
  type Architecture,
} from '../../../src/nodes/runtimes/process/seccomp/system-calls.ts';

// the values are those of linux/seccomp.h
const ALLOW = ACTIONS.SCMP_ACT_ALLOW;
const errno = (number: number): number => ACTIONS.SCMP_ACT_ERRNO + number;
const [EPERM, ENOSYS] = [1, 38];

/** What the kernel would do: runs the program over struct seccomp_data. */
function run(
  program: Buffer,
  number: number,
  args: readonly bigint[] = [],
  architecture: Architecture = NATIVE,
): number {
  const data = Buffer.alloc(64);
  data.writeUInt32LE(number, 0);
  data.writeUInt32LE(ARCHITECTURES[architecture].audit, 4);
  args.forEach((value, at) => data.writeBigUInt64LE(BigInt.asUintN(64, value), 16 + at * 8));
  let register = 0;
  for (let at = 0; at < program.length / 8; at++) {
    const code = program.readUInt16LE(at * 8);
    const [yes, no] = [program.readUInt8(at * 8 + 2), program.readUInt8(at * 8 + 3)];
    const value = program.readUInt32LE(at * 8 + 4);
    if (code === 0x20) register = data.readUInt32LE(value);
    else if (code === 0x54) register = (register & value) >>> 0;
    else if (code === 0x05) at += value;
    else if (code === 0x06) return value;
    else {
      const holds = { 0x15: register === value, 0x25: register > value, 0x35: register >= value }[code];
      at += holds ? yes : no;
    }
  }
  throw new Error('the program has no end');
}

const call = (program: Buffer, name: string, ...args: bigint[]): number =>
  run(program, systemCall(name, NATIVE)!, args);

describe('the default filter', () => {
  const usual = compileFilter(defaultProfile(DEFAULT_CAPABILITIES));
  const all = compileFilter(defaultProfile(CAPABILITIES));

  it.each(['read', 'execve', 'openat', 'clone', 'socket', 'ptrace', 'chroot', 'setresuid', 'capset'])(
    'allows %s',
    (name) => {
      expect(call(usual, name)).toBe(ALLOW);
    },
  );

  it.each([
    'mount',
    'unshare',
    'setns',
    'bpf',
    'keyctl',
    'add_key',
    'init_module',
    'reboot',
    'open_by_handle_at',
    'io_uring_setup',
  ])('refuses %s', (name) => expect(call(usual, name)).toBe(errno(EPERM)));

  it.each(['mount', 'unshare', 'bpf', 'init_module', 'reboot', 'open_by_handle_at'])(
    'allows %s with its capability',
    (name) => {
      expect(call(all, name)).toBe(ALLOW);
    },
  );

  it('looks at arguments', () => {
    expect(call(usual, 'clone', 0x1200011n)).toBe(ALLOW);
    expect(call(usual, 'clone', 0x10000000n)).toBe(errno(EPERM));
    expect(call(usual, 'clone3')).toBe(errno(ENOSYS));
    expect(call(all, 'clone3')).toBe(ALLOW);
    expect(call(usual, 'socket', 40n)).toBe(errno(EPERM));
    expect(call(usual, 'socket', 2n)).toBe(ALLOW);
    expect(call(usual, 'personality', 0xffffffffn)).toBe(ALLOW);
    expect(call(usual, 'personality', 0x40000n)).toBe(errno(EPERM));
  });

  it('says of newer calls that they do not exist, and ends what is of another machine', () => {
    expect(run(usual, 3000)).toBe(errno(ENOSYS));
    const other = NATIVE === 'x86_64' ? 'aarch64' : 'x86_64';
    expect(run(usual, 0, [], other)).toBe(ACTIONS.SCMP_ACT_KILL_PROCESS);
  });

  it.runIf(NATIVE === 'x86_64')('knows the numbers of programs of 32 bits, and none of x32', () => {
    expect(run(usual, systemCall('mount', 'i386')!, [], 'i386')).toBe(errno(EPERM));
    expect(run(usual, systemCall('read', 'i386')!, [], 'i386')).toBe(ALLOW);
    expect(run(usual, 0x40000000)).toBe(errno(ENOSYS));
  });
});

describe('conditions', () => {
  const HIGH = 1n << 40n;
  const values = [0n, 1n, 5n, 6n, HIGH, HIGH + 5n, HIGH + 6n, (1n << 64n) - 1n];
  const holds: Record<Condition['comparison'], (a: bigint, b: bigint, c: bigint) => boolean> = {
    SCMP_CMP_EQ: (a, b) => a === b,
    SCMP_CMP_NE: (a, b) => a !== b,
    SCMP_CMP_LT: (a, b) => a < b,
    SCMP_CMP_LE: (a, b) => a <= b,
    SCMP_CMP_GT: (a, b) => a > b,
    SCMP_CMP_GE: (a, b) => a >= b,
    SCMP_CMP_MASKED_EQ: (a, b, c) => (a & b) === (c & b),
  };
  it.each(Object.keys(holds) as Condition['comparison'][])('%s compares 64 bits', (comparison) => {
    for (const value of values) {
      for (const second of comparison === 'SCMP_CMP_MASKED_EQ' ? values : [0n]) {
        const conditions = [{ index: 2, comparison, value, second }];
        const rules = [{ names: ['read'], action: ALLOW, conditions }];
        const program = compileFilter({ otherwise: errno(7), architectures: [NATIVE], rules });
        for (const given of values)
          expect([given, call(program, 'read', 0n, 0n, given)]).toEqual([
            given,
            holds[comparison](given, value, second) ? ALLOW : errno(7),
          ]);
      }
    }
  });

  it('must hold all, and the first rule that does decides', () => {
    const condition = (index: number, value: bigint): Condition => ({
      index,
      comparison: 'SCMP_CMP_EQ',
      value,
      second: 0n,
    });
    const rules = [
      { names: ['read'], action: errno(5), conditions: [condition(0, 1n), condition(1, 2n)] },
      { names: ['read'], action: errno(6), conditions: [condition(0, 1n)] },
    ];
    const program = compileFilter({ otherwise: ALLOW, architectures: [NATIVE], rules });
    expect(
      [
        [1n, 2n],
        [1n, 3n],
        [2n, 2n],
      ].map((args) => call(program, 'read', ...args)),
    ).toEqual([errno(5), errno(6), ALLOW]);
  });
});

describe('a profile of the node', () => {
  it.each([
    ['nothing', '', 'seccomp profile'],
    ['a list', '[]', 'unknown action'],
    ['an unknown action', '{"defaultAction":"SCMP_ACT_FLY"}', 'unknown action "SCMP_ACT_FLY"'],
    ['what asks for an agent', '{"defaultAction":"SCMP_ACT_NOTIFY"}', 'SCMP_ACT_NOTIFY is not supported'],
    [
      'an argument that there is not',
      '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["read"],"action":"SCMP_ACT_LOG","args":[{"index":6,"op":"SCMP_CMP_EQ"}]}]}',
      'no valid index and op',
    ],
  ])('is refused when it is %s', (_, text, message) => {
    expect(() => parseProfile(text)).toThrow(message);
  });
});
