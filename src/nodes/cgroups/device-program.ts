import type { DeviceRule } from './devices.ts';

/** Codes of instructions (linux/bpf.h), registers by number. */
const LOAD_WORD = 0x61;
const AND = 0x54;
const SHIFT_RIGHT = 0x74;
const COPY = 0xbc;
const SET = 0xb7;
const JUMP_UNLESS_EQUAL = 0x55;
const EXIT = 0x95;

const TYPES = { b: 1, c: 2 } as const;
const RIGHTS: Readonly<Record<string, number>> = { m: 1, r: 2, w: 4 };
const ALL_RIGHTS = 7;

const [RESULT, CONTEXT, TYPE, ACCESS, MAJOR, MINOR] = [0, 1, 2, 3, 4, 5];

function instruction(code: number, to: number, from = 0, offset = 0, value = 0): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt8(code, 0);
  bytes.writeUInt8(to | (from << 4), 1);
  bytes.writeInt16LE(offset, 2);
  bytes.writeInt32LE(value, 4);
  return bytes;
}

/**
 * The kernel's program for a cgroup (BPF_PROG_TYPE_CGROUP_DEVICE) that allows what one of the rules allows. It is given
 * the kind of device and what is wanted in one word, then major and minor (linux/bpf.h bpf_cgroup_dev_ctx).
 */
export function deviceProgram(rules: readonly DeviceRule[]): Buffer {
  const program = [
    instruction(LOAD_WORD, TYPE, CONTEXT, 0),
    instruction(AND, TYPE, 0, 0, 0xffff),
    instruction(LOAD_WORD, ACCESS, CONTEXT, 0),
    instruction(SHIFT_RIGHT, ACCESS, 0, 0, 16),
    instruction(LOAD_WORD, MAJOR, CONTEXT, 4),
    instruction(LOAD_WORD, MINOR, CONTEXT, 8),
    ...rules.flatMap(ruleInstructions),
    instruction(SET, RESULT, 0, 0, 0),
    instruction(EXIT, 0),
  ];
  return Buffer.concat(program);
}

/** Falls through to what is behind it unless the rule allows. */
function ruleInstructions({ type, major, minor, access }: DeviceRule): Buffer[] {
  const rights = [...access].reduce((sum, each) => sum | (RIGHTS[each] ?? 0), 0);
  /** register and value that it must have; what is wanted beyond the rights must be nothing */
  const tests: [register: number, value: number][] = [
    [TYPE, TYPES[type]],
    ...(major === undefined ? [] : [[MAJOR, major] as [number, number]]),
    ...(minor === undefined ? [] : [[MINOR, minor] as [number, number]]),
  ];
  const beyond = [
    instruction(COPY, CONTEXT, ACCESS),
    instruction(AND, CONTEXT, 0, 0, ALL_RIGHTS & ~rights),
    // over the two that allow
    instruction(JUMP_UNLESS_EQUAL, CONTEXT, 0, 2, 0),
  ];
  const allow = [instruction(SET, RESULT, 0, 0, 1), instruction(EXIT, 0)];
  const after = beyond.length + allow.length;
  const checks = tests.map(([register, value], at) =>
    instruction(JUMP_UNLESS_EQUAL, register, 0, after + tests.length - at - 1, value),
  );
  return [...checks, ...beyond, ...allow];
}
