import { stat } from 'node:fs/promises';
import type { VolumeMount } from '../../../schema/types.ts';
import type { BindMount } from '../runtimes/runtime.ts';
import type { VolumeSource } from './volume-source.ts';

const absolute = (path: string): string => (path.startsWith('/') ? path : `/${path}`);

/** A mount of a container as the runtime makes it. @param subPath with its variables replaced, '' for the whole volume */
export async function bindMount(
  { mountPath, readOnly, mountPropagation, recursiveReadOnly }: VolumeMount,
  source: VolumeSource,
  subPath: string,
): Promise<BindMount> {
  const mount: BindMount = {
    source: source.path,
    target: absolute(mountPath),
    readOnly: Boolean(readOnly) || source.readOnly,
  };
  if (source.host) mount.host = true;
  if (subPath) mount.subPath = subPath;
  else mount.file = !(await stat(source.path).catch(() => undefined))?.isDirectory();
  if (mountPropagation === 'HostToContainer' || mountPropagation === 'Bidirectional')
    mount.propagation = mountPropagation;
  if (recursiveReadOnly === 'Enabled' || recursiveReadOnly === 'IfPossible')
    mount.recursiveReadOnly = recursiveReadOnly;
  return mount;
}

/** A block device of a container, at the path that it has there. */
export const bindDevice = (devicePath: string, { path, readOnly }: VolumeSource): BindMount => ({
  source: path,
  target: absolute(devicePath),
  readOnly,
  file: true,
  device: true,
});
