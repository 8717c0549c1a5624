import { chmod, mkdir, stat } from 'node:fs/promises';
import type { EmptyDirVolumeSource } from '../../../schema/types.ts';

/** Makes an emptyDir for everybody to write to; what is in it stays. @returns whether it is new */
export async function emptyDir(_source: EmptyDirVolumeSource, directory: string): Promise<boolean> {
  if (await stat(directory).catch(() => undefined)) return false;
  await mkdir(directory, { recursive: true });
  await chmod(directory, 0o777);
  return true;
}
