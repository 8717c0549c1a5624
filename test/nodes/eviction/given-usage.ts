import type { Pod, PodSpec } from '../../../schema/types.ts';
import type { ContainerUsage, FileSystemUsage, NodeUsage, PodUsage } from '../../../src/nodes/usage/node-usage.ts';

export const Mi = 2 ** 20;
export const Gi = 2 ** 30;

export const disk = (availableBytes: number, inodesFree = 1000): FileSystemUsage => ({
  capacityBytes: 100 * Gi,
  availableBytes,
  usedBytes: 100 * Gi - availableBytes,
  inodes: 1000,
  inodesFree,
});

const idle = { cpuNanoseconds: 0, workingSet: 0, rss: 0, pids: 1 };

export const usedBy = (name: string, more: Partial<ContainerUsage> = {}): ContainerUsage => ({
  name,
  startedAt: 0,
  ...idle,
  rootfs: { usedBytes: 0, inodesUsed: 0 },
  logs: { usedBytes: 0, inodesUsed: 0 },
  ...more,
});

/** A pod of one container `c`, and what it uses. */
export const podUsage = (name: string, spec: Partial<PodSpec> = {}, used: Partial<PodUsage> = {}): PodUsage => ({
  pod: { metadata: { name, uid: name }, spec: { containers: [{ name: 'c' }], ...spec } } as Pod,
  ...idle,
  containers: [],
  volumes: [],
  ephemeral: { usedBytes: 0, inodesUsed: 0 },
  ...used,
});

/** A node that has enough of everything, but for what is said. */
export const nodeUsage = (less: Partial<NodeUsage> = {}): NodeUsage => ({
  time: 0,
  cpuNanoseconds: 0,
  memory: memory(4 * Gi),
  fs: disk(50 * Gi),
  imageFs: { ...disk(50 * Gi), imagesBytes: 0 },
  pids: { max: 30_000, current: 100 },
  each: [],
  ...less,
});

export const memory = (availableBytes: number): NodeUsage['memory'] => ({
  capacityBytes: 8 * Gi,
  availableBytes,
  workingSet: 8 * Gi - availableBytes,
});
