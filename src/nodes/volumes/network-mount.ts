import { access } from 'node:fs/promises';
import type { PersistentVolumeSpec, Volume } from '../../../schema/types.ts';
import { makeOpenDirectory } from './open-directory.ts';
import { mountedAt } from '../../rules/machine/mount-table.ts';
import { runCommand } from '../../rules/machine/run-command.ts';

/** A file system of another machine, as mount(8) names it. */
export interface NetworkSource {
  /** `nfs` */
  type: string;
  /** `server:/export` */
  source: string;
  readOnly: boolean;
  options: readonly string[];
}

/** What `mount` can mount with a helper of the machine; undefined for other volumes. */
export function networkSource(
  volume: Pick<Volume, 'nfs'> | Pick<PersistentVolumeSpec, 'nfs' | 'mountOptions'>,
): NetworkSource | undefined {
  if (!volume.nfs) return undefined;
  const { server, path, readOnly = false } = volume.nfs;
  const options = 'mountOptions' in volume ? (volume.mountOptions ?? []) : [];
  return { type: 'nfs', source: `${server}:${path}`, readOnly, options };
}

/** Where mount(8) looks for its helpers. */
const HELPERS = ['/sbin', '/usr/sbin'];

/** Mounts it, unless it is. @throws Error where the machine has no helper for it, or what the mount said */
export async function mountNetwork(
  { type, source, readOnly, options }: NetworkSource,
  directory: string,
  helpers: readonly string[] = HELPERS,
): Promise<void> {
  if (await mountedAt(directory)) return;
  const found = await Promise.all(helpers.map((folder) => exists(`${folder}/mount.${type}`)));
  if (!found.includes(true)) {
    throw new Error(`volumes of type ${type} need mount.${type}, which is not installed on this node`);
  }
  await makeOpenDirectory(directory);
  const all = [...(readOnly ? ['ro'] : []), ...options];
  await runCommand('mount', ['-t', type, ...(all.length ? ['-o', all.join(',')] : []), '--', source, directory]);
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );
