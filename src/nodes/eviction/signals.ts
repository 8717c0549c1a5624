import { quantityOf, type Quantity } from '../../meta/quantity.ts';
import type { NodeUsage } from '../usage/node-usage.ts';

/** What a node may run short of. */
export type Signal =
  | 'memory.available'
  | 'allocatableMemory.available'
  | 'nodefs.available'
  | 'nodefs.inodesFree'
  | 'imagefs.available'
  | 'imagefs.inodesFree'
  | 'pid.available';

export type PressureCondition = 'MemoryPressure' | 'DiskPressure' | 'PIDPressure';
/** In whose name pods are evicted. */
export type StarvedResource = 'memory' | 'ephemeral-storage' | 'inodes' | 'pids';

/** Source: pkg/kubelet/eviction signalToNodeCondition, signalToResource. */
export const SIGNALS: Readonly<Record<Signal, { condition: PressureCondition; resource: StarvedResource }>> = {
  'memory.available': { condition: 'MemoryPressure', resource: 'memory' },
  'allocatableMemory.available': { condition: 'MemoryPressure', resource: 'memory' },
  'nodefs.available': { condition: 'DiskPressure', resource: 'ephemeral-storage' },
  'nodefs.inodesFree': { condition: 'DiskPressure', resource: 'inodes' },
  'imagefs.available': { condition: 'DiskPressure', resource: 'ephemeral-storage' },
  'imagefs.inodesFree': { condition: 'DiskPressure', resource: 'inodes' },
  'pid.available': { condition: 'PIDPressure', resource: 'pids' },
};

export interface Observation {
  available: Quantity;
  /** of which a threshold may be a part */
  capacity: Quantity;
}

/** What is known of each signal; one that is not known is never short. */
export type Observations = ReadonlyMap<Signal, Observation>;

/** The signals of a reading. */
export function observe({ memory, pods, fs, imageFs, pids }: NodeUsage): Observations {
  const bytes = (available: number, capacity: number): Observation => ({
    available: quantityOf(available, 'BinarySI'),
    capacity: quantityOf(capacity, 'BinarySI'),
  });
  const counts = (available: number, capacity: number): Observation => ({
    available: quantityOf(available),
    capacity: quantityOf(capacity),
  });
  const observations = new Map<Signal, Observation>();
  observations.set('memory.available', bytes(memory.availableBytes, memory.capacityBytes));
  if (pods?.memoryLimit !== undefined) {
    const available = Math.max(0, pods.memoryLimit - pods.workingSet);
    observations.set('allocatableMemory.available', bytes(available, pods.memoryLimit));
  }
  for (const [name, { availableBytes, capacityBytes, inodes, inodesFree }] of [
    ['nodefs', fs],
    ['imagefs', imageFs],
  ] as const) {
    if (capacityBytes) observations.set(`${name}.available`, bytes(availableBytes, capacityBytes));
    // some file systems make inodes as they are needed and tell of none
    if (inodes) observations.set(`${name}.inodesFree`, counts(inodesFree, inodes));
  }
  if (pids.max) observations.set('pid.available', counts(Math.max(0, pids.max - pids.current), pids.max));
  return observations;
}
