import { ConfigError } from '../../../pods/container-environment.ts';
import { UnsupportedError } from '../../../pods/unsupported.ts';
import { NATIVE, type Architecture } from './system-calls.ts';

/** What the kernel does with a system call: the value that a filter returns. */
export const ACTIONS = {
  SCMP_ACT_KILL: 0,
  SCMP_ACT_KILL_THREAD: 0,
  SCMP_ACT_KILL_PROCESS: 0x8000_0000,
  SCMP_ACT_TRAP: 0x0003_0000,
  SCMP_ACT_ERRNO: 0x0005_0000,
  SCMP_ACT_TRACE: 0x7ff0_0000,
  SCMP_ACT_LOG: 0x7ffc_0000,
  SCMP_ACT_ALLOW: 0x7fff_0000,
} as const;

const COMPARISONS = [
  'SCMP_CMP_NE',
  'SCMP_CMP_LT',
  'SCMP_CMP_LE',
  'SCMP_CMP_EQ',
  'SCMP_CMP_GE',
  'SCMP_CMP_GT',
  'SCMP_CMP_MASKED_EQ',
] as const;

/** A condition on one of the six arguments, as 64 bits without sign. */
export interface Condition {
  index: number;
  comparison: (typeof COMPARISONS)[number];
  value: bigint;
  /** of MASKED_EQ: what the argument must be where `value` has ones */
  second: bigint;
}

export interface Rule {
  names: readonly string[];
  /** as the filter returns it */
  action: number;
  /** all must hold */
  conditions: readonly Condition[];
}

/** What a process may ask of the kernel. */
export interface SeccompProfile {
  /** for what no rule is about */
  otherwise: number;
  architectures: readonly Architecture[];
  rules: readonly Rule[];
}

const EPERM = 1;
/** Architectures as OCI names them; those that this machine's kernel cannot run do not matter. */
const KNOWN: Readonly<Record<string, Architecture>> = {
  SCMP_ARCH_X86_64: 'x86_64',
  SCMP_ARCH_X86: 'i386',
  SCMP_ARCH_AARCH64: 'aarch64',
};

/** @param errno for ERRNO and TRACE, what the caller is told */
export function actionOf(name: unknown, errno: unknown): number {
  if (name === 'SCMP_ACT_NOTIFY') throw new UnsupportedError('seccomp profile: SCMP_ACT_NOTIFY is not supported here');
  if (typeof name !== 'string' || !Object.hasOwn(ACTIONS, name))
    throw new ConfigError(`seccomp profile: unknown action ${JSON.stringify(name)}`);
  const value = ACTIONS[name as keyof typeof ACTIONS];
  const told = typeof errno === 'number' ? errno : EPERM;
  const takesErrno = name === 'SCMP_ACT_ERRNO' || name === 'SCMP_ACT_TRACE';
  return takesErrno ? value + (told & 0xffff) : value;
}

type Json = Readonly<Record<string, unknown>>;
const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null;
const listOf = (value: unknown): Json[] => (Array.isArray(value) ? value.filter(isObject) : []);
const textsOf = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((each) => typeof each === 'string') : [];

/**
 * Reads a profile as the OCI runtime specification has it (`linux.seccomp`).
 * @throws ConfigError for what is none, UnsupportedError for what asks for more than a filter
 */
export function parseProfile(text: string): SeccompProfile {
  let profile: unknown;
  try {
    profile = JSON.parse(text);
  } catch (error) {
    throw new ConfigError(`seccomp profile: ${(error as Error).message}`);
  }
  if (!isObject(profile)) throw new ConfigError('seccomp profile: not an object');
  const named = textsOf(profile['architectures']).flatMap((name) => KNOWN[name] ?? []);
  return {
    otherwise: actionOf(profile['defaultAction'], profile['defaultErrnoRet']),
    architectures: [...new Set([NATIVE, ...named])],
    rules: listOf(profile['syscalls']).map((rule) => ({
      names: textsOf(rule['names']),
      action: actionOf(rule['action'], rule['errnoRet']),
      conditions: listOf(rule['args']).map(conditionOf),
    })),
  };
}

function conditionOf({ index, op, value, valueTwo }: Json): Condition {
  const comparison = COMPARISONS.find((name) => name === op);
  if (!comparison || typeof index !== 'number' || !Number.isInteger(index) || index < 0 || index > 5)
    throw new ConfigError('seccomp profile: an argument has no valid index and op');
  const number = (given: unknown): bigint => (typeof given === 'number' ? BigInt.asUintN(64, BigInt(given)) : 0n);
  return { index, comparison, value: number(value), second: number(valueTwo) };
}
