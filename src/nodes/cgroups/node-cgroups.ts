import { readFileSync, realpathSync } from 'node:fs';
import { availableParallelism, totalmem } from 'node:os';
import type { Timers } from '../../rules/clock.ts';
import { quantityMilli, quantityValue } from '../../meta/quantity.ts';
import type { LimitOptions } from '../contract.ts';
import type { Bounds, Cgroups } from './contract.ts';
import { sharesOf } from './figures.ts';
import { openCgroups } from './open-cgroups.ts';

/** What the machine has for pods, by its processors and memory and by the cgroups above theirs. */
export interface MachineSize {
  /** thousandths of a cpu */
  cpu: number;
  /** bytes */
  memory: number;
  /** processes and threads */
  pids: number;
}

export interface NodeCgroups {
  cgroups: Cgroups | undefined;
  size: MachineSize;
  /** processes and threads of one pod, at most */
  podPids: number;
  /** what this node cannot enforce and why; empty where it enforces all */
  missing: string;
}

/** Of the process ids of the machine, the part that pods may not take. */
const RESERVED_PIDS = 0.1;

/** Opens the cgroups of a node and limits all its pods together to what the machine has. */
export function openNodeCgroups(dataDir: string, timers: Timers, limits: LimitOptions = {}): NodeCgroups {
  const { podPids = -1, systemReserved, kubeReserved } = limits;
  const opened = openCgroups({ dataDir: realpathSync(dataDir), timers, podPids });
  const size = sizeWithin(opened.cgroups ? opened.cgroups.bounds : opened.bounds);
  const allPids = Math.floor(size.pids * (1 - RESERVED_PIDS));
  const most = podPids > 0 ? podPids : allPids;
  if (!opened.cgroups) return { cgroups: undefined, size, podPids: most, missing: opened.reason };
  const reserved = (name: string, read: (text: string) => number): number =>
    [systemReserved, kubeReserved].reduce((sum, list) => sum + read(list?.[name] ?? '0'), 0);
  opened.cgroups.limit({
    cpuShares: sharesOf(size.cpu - reserved('cpu', quantityMilli)),
    memory: size.memory - reserved('memory', quantityValue),
    pids: allPids,
  });
  return { cgroups: opened.cgroups, size, podPids: most, missing: opened.cgroups.missing };
}

const sizeWithin = ({ cpu = Infinity, memory = Infinity, pids = Infinity }: Bounds): MachineSize => ({
  cpu: Math.min(availableParallelism() * 1000, cpu),
  memory: Math.min(totalmem(), memory),
  pids: Math.min(kernelNumber('pid_max'), kernelNumber('threads-max'), pids),
});

const kernelNumber = (name: string): number => Number(readFileSync(`/proc/sys/kernel/${name}`, 'utf8'));
