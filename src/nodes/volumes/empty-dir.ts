import { chmod, mkdir, stat } from 'node:fs/promises';
import type { EmptyDirVolumeSource, PodSpec } from '../../../schema/types.ts';
import { quantityValue } from '../../meta/quantity.ts';
import { mountedAt } from '../../rules/machine/mount-table.ts';
import { runCommand } from '../../rules/machine/run-command.ts';
import { podLimits } from '../cgroups/figures.ts';

/**
 * Makes an emptyDir for everybody to write to; what is in it stays. One in memory is a tmpfs, which takes no more than
 * its size; the size of one on disk is watched by the eviction manager.
 * @param allocatable bytes of memory that the node has for pods
 * @returns whether it is new
 * @throws Error for a medium that this node has not
 */
export async function emptyDir(
  source: EmptyDirVolumeSource,
  directory: string,
  spec: PodSpec,
  allocatable: number,
): Promise<boolean> {
  if (source.medium === 'Memory') return inMemory(directory, memorySize(source, spec, allocatable));
  if (source.medium) throw new Error(`emptyDir of medium ${source.medium}: this node has no huge pages`);
  if (await stat(directory).catch(() => undefined)) return false;
  await mkdir(directory, { recursive: true });
  await chmod(directory, 0o777);
  return true;
}

/**
 * Bytes of an emptyDir in memory: no more than what the volume, the pod and the node allow. Source: pkg/volume/emptydir
 * calculateEmptyDirMemorySize (KEP-1967).
 */
export function memorySize({ sizeLimit }: EmptyDirVolumeSource, spec: PodSpec, allocatable: number): number {
  const limits = [podLimits(spec).memory ?? 0, sizeLimit === undefined ? 0 : quantityValue(sizeLimit)];
  return Math.min(allocatable, ...limits.filter((limit) => limit > 0));
}

async function inMemory(directory: string, size: number): Promise<boolean> {
  await mkdir(directory, { recursive: true });
  if ((await mountedAt(directory))?.type === 'tmpfs') return false;
  if (process.getuid?.() !== 0) throw new Error('emptyDir of medium Memory: the agent may not mount, it is not root');
  await runCommand('mount', ['-t', 'tmpfs', '-o', `size=${size},mode=0777`, '--', 'tmpfs', directory]);
  return true;
}
