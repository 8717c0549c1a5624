import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** What is kept of a mount beside it, so that it can be ended by an agent that knows nothing else of it. */
export interface VolumeData {
  driver: string;
  handle: string;
  /** name of the PersistentVolume, or of the pod's volume where there is none */
  spec: string;
  /** of which the driver has mounted the volume */
  target: string;
  /** where it is staged; empty for a driver that stages nothing */
  staging: string;
  /** whether it is attached to the node as long as it is in use */
  attached: boolean;
}

const FILE = 'vol_data.json';
/** Where the mounts of a pod by CSI drivers are, as drivers expect it. */
export const csiFolder = (volumes: string): string => join(volumes, 'kubernetes.io~csi');

/** @param folder of one mount, or of one staged volume */
export async function writeVolumeData(folder: string, data: VolumeData): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o750 });
  const file = join(folder, FILE);
  await writeFile(`${file}.new`, JSON.stringify(data), { mode: 0o600, flush: true });
  await rename(`${file}.new`, file);
}

/** undefined where nothing was kept, so that nothing was asked of a driver either */
export async function readVolumeData(folder: string): Promise<VolumeData | undefined> {
  const text = await readFile(join(folder, FILE), 'utf8').catch(() => undefined);
  return text === undefined ? undefined : (JSON.parse(text) as VolumeData);
}

/** All mounts of a pod. @param pod its folder */
export async function mountsOfPod(pod: string): Promise<{ folder: string; data: VolumeData | undefined }[]> {
  const all = csiFolder(join(pod, 'volumes'));
  const names = await readdir(all).catch(() => []);
  return Promise.all(
    names.map(async (name) => ({ folder: join(all, name), data: await readVolumeData(join(all, name)) })),
  );
}

/** All that pods of the node have mounted. @param pods folder of all pods */
export async function allMounts(pods: string): Promise<VolumeData[]> {
  const uids = await readdir(pods).catch(() => []);
  const mounts = await Promise.all(uids.map((uid) => mountsOfPod(join(pods, uid))));
  return mounts.flat().flatMap(({ data }) => data ?? []);
}

/** All that is staged. @param plugins `plugins/kubernetes.io/csi` of the node */
export async function allStaged(plugins: string): Promise<VolumeData[]> {
  const entries = await readdir(plugins, { recursive: true, withFileTypes: true }).catch(() => []);
  const files = entries.filter(({ name, parentPath }) => name === FILE && dirname(dirname(parentPath)) === plugins);
  const all = await Promise.all(files.map(({ parentPath }) => readVolumeData(parentPath)));
  return all.flatMap((data) => data ?? []);
}
