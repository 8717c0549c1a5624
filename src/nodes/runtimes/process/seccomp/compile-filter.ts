import { ACTIONS, actionOf, type Condition, type Rule, type SeccompProfile } from './profile.ts';
import { ARCHITECTURES, systemCall, type Architecture } from './system-calls.ts';

/** One step of a classic BPF program (linux/filter.h), its jumps counted from the next step. */
type Step = readonly [code: number, ifTrue: number, ifFalse: number, value: number];

const LOAD = 0x20;
const JUMP_EQUAL = 0x15;
const JUMP_GREATER = 0x25;
const JUMP_GREATER_EQUAL = 0x35;
const AND = 0x54;
const RETURN = 0x06;
const JUMP = 0x05;

/** Where struct seccomp_data has the number, the architecture, and the arguments (8 bytes each, low half first). */
const NUMBER = 0;
const ARCHITECTURE = 4;
const argument = (index: number): number => 16 + index * 8;

/** x32 programs set this bit; no profile knows them. */
const X32 = 0x4000_0000;
const ENOSYS = 38;
/** The kernel's own bound. */
const MAX_STEPS = 4096;

const end = (action: number): Step => [RETURN, 0, 0, action];
const load = (offset: number): Step => [LOAD, 0, 0, offset];
const half = (value: bigint, at: 'high' | 'low'): number =>
  Number((at === 'high' ? value >> 32n : value) & 0xffff_ffffn);

/**
 * A profile as the program that the kernel runs at each system call. What a rule without conditions says goes before
 * those with some; of these, the first that holds. System calls that are newer than all that the profile knows do not
 * exist, so that programs fall back to older ones, as with runc.
 * @returns bytes of struct sock_filter
 * @throws Error when the kernel would not take so long a program
 */
export function compileFilter(profile: SeccompProfile): Buffer {
  const steps: Step[] = [load(ARCHITECTURE)];
  for (const architecture of profile.architectures) {
    const part = partOf(profile, architecture);
    // Jumps on a condition reach 255 steps.
    steps.push([JUMP_EQUAL, 1, 0, ARCHITECTURES[architecture].audit], [JUMP, 0, 0, part.length], ...part);
  }
  steps.push(end(ACTIONS.SCMP_ACT_KILL_PROCESS));
  if (steps.length > MAX_STEPS) throw new Error(`seccomp profile: too long (${steps.length} steps)`);
  const bytes = Buffer.alloc(steps.length * 8);
  steps.forEach(([code, ifTrue, ifFalse, value], at) => {
    bytes.writeUInt16LE(code, at * 8);
    bytes.writeUInt8(ifTrue, at * 8 + 2);
    bytes.writeUInt8(ifFalse, at * 8 + 3);
    bytes.writeUInt32LE(value >>> 0, at * 8 + 4);
  });
  return bytes;
}

function partOf({ rules, otherwise }: SeccompProfile, architecture: Architecture): Step[] {
  const steps: Step[] = [load(NUMBER)];
  if (architecture === 'x86_64') steps.push([JUMP_GREATER_EQUAL, 0, 1, X32], end(actionOf('SCMP_ACT_ERRNO', ENOSYS)));
  const simple = new Map<number, number>();
  const conditional: [number, Rule][] = [];
  let newest = 0;
  for (const rule of rules) {
    for (const name of rule.names) {
      const number = systemCall(name, architecture);
      if (number === undefined) continue;
      newest = Math.max(newest, number);
      if (rule.conditions.length) conditional.push([number, rule]);
      else if (!simple.has(number)) simple.set(number, rule.action);
    }
  }
  for (const [number, action] of simple) steps.push([JUMP_EQUAL, 0, 1, number], end(action));
  for (const [number, rule] of conditional) {
    if (simple.has(number)) continue;
    const body = [...conditionsOf(rule.conditions), end(rule.action), load(NUMBER)];
    // what does not hold leads to the last step, which loads the number again for those that follow
    steps.push([JUMP_EQUAL, 0, body.length, number], ...resolved(body));
  }
  if (otherwise === actionOf('SCMP_ACT_ERRNO', undefined))
    steps.push([JUMP_GREATER, 0, 1, newest], end(actionOf('SCMP_ACT_ERRNO', ENOSYS)));
  steps.push(end(otherwise));
  return steps;
}

/** stands for a jump to the last step of a body */
const FAIL = -1;

function resolved(body: readonly Step[]): Step[] {
  const to = (at: number, jump: number): number => (jump === FAIL ? body.length - 2 - at : jump);
  return body.map(([code, ifTrue, ifFalse, value], at) => [code, to(at, ifTrue), to(at, ifFalse), value]);
}

/** Steps that go on where all conditions hold, and jump to FAIL where one does not. */
function conditionsOf(conditions: readonly Condition[]): Step[] {
  return conditions.flatMap(({ index, comparison, value, second }) => {
    const low = argument(index);
    const high = low + 4;
    const [valueHigh, valueLow] = [half(value, 'high'), half(value, 'low')];
    const ordered = (code: number, holds: boolean, both: boolean): Step[] => {
      // the high halves decide unless they are equal: then the low ones do
      const [yes, no] = holds ? [0, FAIL] : [FAIL, 0];
      const pass = 3;
      return [
        load(high),
        [JUMP_GREATER, holds ? pass : FAIL, 0, valueHigh],
        [JUMP_EQUAL, 0, holds ? FAIL : pass - 1, valueHigh],
        load(low),
        [both ? JUMP_GREATER_EQUAL : code, yes, no, valueLow],
      ];
    };
    switch (comparison) {
      case 'SCMP_CMP_EQ':
        return [load(high), [JUMP_EQUAL, 0, FAIL, valueHigh], load(low), [JUMP_EQUAL, 0, FAIL, valueLow]];
      case 'SCMP_CMP_NE':
        return [load(high), [JUMP_EQUAL, 0, 2, valueHigh], load(low), [JUMP_EQUAL, FAIL, 0, valueLow]];
      case 'SCMP_CMP_MASKED_EQ': {
        const [secondHigh, secondLow] = [half(second & value, 'high'), half(second & value, 'low')];
        return [
          load(high),
          [AND, 0, 0, valueHigh],
          [JUMP_EQUAL, 0, FAIL, secondHigh],
          load(low),
          [AND, 0, 0, valueLow],
          [JUMP_EQUAL, 0, FAIL, secondLow],
        ];
      }
      case 'SCMP_CMP_GT':
        return ordered(JUMP_GREATER, true, false);
      case 'SCMP_CMP_GE':
        return ordered(JUMP_GREATER, true, true);
      case 'SCMP_CMP_LE':
        return ordered(JUMP_GREATER, false, false);
      case 'SCMP_CMP_LT':
        return ordered(JUMP_GREATER, false, true);
    }
  });
}
