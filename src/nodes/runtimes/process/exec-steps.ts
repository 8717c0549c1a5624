import { apparmorStep } from './container-steps.ts';
import { becomeSteps } from './become.ts';
import type { ContainerSelf } from './container-self.ts';
import { OPEN } from './kernel.ts';
import type { Step } from './plan.ts';
import type { Machine } from './container-steps.ts';

/** What the launcher does to run a command beside a container's own process, with the rights that this one was given. */
export function execSteps(
  self: ContainerSelf,
  target: { pid: number; ticks: string },
  command: readonly string[],
  { tty, stdin }: { tty: boolean; stdin: boolean },
  machine: Machine,
): Step[] {
  const { security } = self;
  return [
    ['alive', target.pid, target.ticks],
    ['pidfd', 'container', target.pid],
    ['alive', target.pid, target.ticks],
    ...(self.userBase === undefined ? [] : [['open', 'users', `/proc/${target.pid}/ns/user`, OPEN.read] as Step]),
    ...self.procs.map((path): Step => ['cgroup', path]),
    ...(security.apparmor ? [apparmorStep(security.apparmor)] : []),
    ['setns', 'container', self.namespaces],
    ...(tty ? [['terminal'] as Step] : []),
    ['child', 0, tty ? 'agent' : '', stdin ? 1 : 0, Math.max(security.oomScoreAdj, machine.leastOomScore)],
    tty ? ['slave', (self.userBase ?? 0) + security.user] : ['session'],
    ...becomeSteps(self, command, machine),
  ];
}
