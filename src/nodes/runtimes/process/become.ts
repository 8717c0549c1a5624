import { release } from 'node:os';
import { CAPABILITIES } from '../../pods/capabilities.ts';
import type { ContainerSelf } from './container-self.ts';
import { CLONE } from './kernel.ts';
import { capabilityWords, type Step } from './plan.ts';
import type { Users } from './users.ts';

/** Since 5.14; before, a limit of processes was for all that the user had on the machine. */
const COUNTS_BY_NAMESPACE = isAtLeast(release(), 5, 14);

/** SECCOMP_FILTER_FLAG_SPEC_ALLOW: as runc, without the speed that the kernel's mitigations would cost. */
const FILTER_FLAGS = 4;

/**
 * The last steps of a container's first process, and of every command beside it: from all rights to those that the
 * container has. A filter comes last where the process may not gain rights by a program; else the kernel wants it from
 * somebody with rights.
 */
export function becomeSteps(
  self: ContainerSelf,
  command: readonly string[],
  { users, available, podPids }: { users: Users; available: readonly string[]; podPids: number },
): Step[] {
  const { security, env, workingDir } = self;
  const { capabilities } = security;
  const keep = new Set(capabilities.bounding);
  const drop = CAPABILITIES.flatMap((name, bit) => (keep.has(name) ? [] : [bit]));
  // its own group among them, as container runtimes have it: it is not to be left behind by a change of group
  const members = [...new Set([security.group, ...security.supplementaryGroups])];
  const groups = users.kind === 'host' ? members.join(' ') : '-';
  const filter: Step[] = self.filter ? [['seccomp', FILTER_FLAGS, Buffer.from(self.filter, 'base64')]] : [];
  const all = capabilityWords(available);
  const final: Step = [
    'capabilities',
    ...capabilityWords(capabilities.effective),
    ...capabilityWords(capabilities.permitted),
    ...capabilityWords(capabilities.inheritable),
  ];
  const variables = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  return [
    ['umask', '022'],
    ['keyring'],
    // the kernel counts those of each user namespace, and this is the pod's
    ...(users.kind === 'host' || !COUNTS_BY_NAMESPACE ? [] : [['processes', podPids] as Step]),
    ...(self.userBase === undefined ? [] : [['setns', 'users', CLONE.user] as Step]),
    ['seal'],
    ['identity', security.user, security.group, groups, ...drop],
    ...(security.noNewPrivileges
      ? [['noNewPrivileges'] as Step]
      : [['capabilities', ...all, ...all, 0, 0] as Step, ...filter]),
    final,
    ['chdir', workingDir],
    ...(security.noNewPrivileges ? filter : []),
    ['execute', command.length, ...command, ...variables],
  ];
}

function isAtLeast(kernel: string, major: number, minor: number): boolean {
  const [first = 0, second = 0] = kernel.split('.').map((part) => Number.parseInt(part, 10));
  return first > major || (first === major && second >= minor);
}
