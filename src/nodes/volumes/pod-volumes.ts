import { mkdir, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import type { Pod, Volume } from '../../../schema/types.ts';
import type { Client } from '../../client/contract.ts';
import type { Clock } from '../../rules/clock.ts';
import { quantityValue } from '../../meta/quantity.ts';
import type { PodFacts } from '../pods/field-value.ts';
import type { ObjectSource } from '../pods/object-source.ts';
import { writeAtomically } from './atomic-writer.ts';
import { claimedVolume, type ClaimedVolume } from './claimed-volume.ts';
import { emptyDir } from './empty-dir.ts';
import { checkHostPath, isPluginPath, type NodeFolders } from './host-path.ts';
import { imageVolume, type VolumeImages } from './image-volume.ts';
import { MountError } from './mount-error.ts';
import { mountNetwork, networkSource } from './network-mount.ts';
import { giveToGroup, ownershipOf } from './ownership.ts';
import { TokenCache } from './service-account-token.ts';
import { removeTree, unmountBelow } from '../../rules/machine/unmount.ts';
import { volumeFiles } from './volume-files.ts';
import type { FileSystemUsage } from '../usage/node-usage.ts';
import type { VolumeSource } from './volume-source.ts';

/** Who mounts what CSI drivers serve. */
export interface CsiMounts {
  /** Mounts a volume for a pod, or finds it mounted. @param directory the pod's own, in which the driver mounts */
  mount(pod: Pod, volume: Volume, claimed: ClaimedVolume | undefined, directory: string): Promise<VolumeSource>;
  /** What there is to do from time to time for one that is mounted: to grow, new tokens. */
  refresh(pod: Pod, volume: Volume): Promise<void>;
  /** What one has and uses, as its driver says; undefined where that does not know. */
  usage?(uid: string, volume: string): Promise<FileSystemUsage | undefined>;
  /** Ends all mounts that drivers made in the folder of a pod. @throws Error what a driver said */
  unmount(directory: string): Promise<void>;
}

/** What of a node mounts the volumes that need more than folders. Those that are missing are refused with that reason. */
export interface VolumeDrivers {
  csi?: CsiMounts | undefined;
  images?: VolumeImages | undefined;
  /** what pods are not shown by a path of the host */
  folders?: NodeFolders | undefined;
}

/** Between two attempts to remove what an earlier pod left, ms. */
const COLLECT_MS = 30_000;

/** The volumes of the pods of one node: a directory each below `ROOT/UID/volumes`, or what lies elsewhere on the host. */
export class PodVolumes {
  private readonly tokens = new TokenCache();
  /** by uid and name of the volume: those that are mounted once and then stay, until the pod goes */
  private readonly mounted = new Map<string, Map<string, VolumeSource>>();
  /** by uid of a pod that is gone: when what is left of it is tried to be removed again */
  private readonly timers = new Map<string, unknown>();

  constructor(
    private readonly root: string,
    private readonly client: Client,
    private readonly source: ObjectSource,
    private readonly clock: Clock,
    private readonly drivers: VolumeDrivers = {},
  ) {}

  /** Makes or refreshes all volumes. @returns what they are, by name. @throws MountError for the first that fails */
  async prepare(pod: Pod, facts: PodFacts): Promise<Map<string, VolumeSource>> {
    const sources = new Map<string, VolumeSource>();
    for (const volume of pod.spec?.volumes ?? []) {
      try {
        sources.set(volume.name, await this.one(pod, volume, facts));
      } catch (error) {
        if (error instanceof MountError) throw error;
        throw new MountError(
          `MountVolume.SetUp failed for volume ${JSON.stringify(volume.name)} : ${(error as Error).message}`,
        );
      }
    }
    return sources;
  }

  /** What a volume has and uses, where a driver serves it that knows. */
  async usage(uid: string, volume: string): Promise<FileSystemUsage | undefined> {
    return this.drivers.csi?.usage?.(uid, volume);
  }

  /** Unmounts what is mounted for a pod. None of its containers may run. @throws Error while something stays mounted */
  async unmount(uid: string): Promise<void> {
    const directory = join(this.root, uid);
    await this.drivers.csi?.unmount(directory);
    // what the runtime has mounted for the pod is the runtime's to end
    await unmountBelow(join(directory, 'volumes'));
    this.mounted.delete(uid);
  }

  /** Of a pod that has ended: what its volumes held goes, and what is mounted there keeps what it has. */
  async discard(uid: string): Promise<void> {
    await this.unmount(uid);
    await removeTree(join(this.root, uid, 'volumes'));
  }

  /** Removes all that is in the pod's folder, mounted things excepted: these are unmounted and keep what they have. */
  async remove(uid: string): Promise<void> {
    await this.unmount(uid);
    await removeTree(join(this.root, uid));
  }

  /**
   * Removes what a pod left that went while no agent ran. What cannot be removed yet, since its CSI driver has not come,
   * is tried again until it can.
   * @throws Error why it could not be removed at once
   */
  async collect(uid: string): Promise<void> {
    try {
      await this.remove(uid);
    } catch (error) {
      this.later(uid);
      throw error;
    }
  }

  /** Nothing is tried again from now on. */
  close(): void {
    for (const timer of this.timers.values()) this.clock.clearTimeout(timer);
    this.timers.clear();
  }

  private later(uid: string): void {
    const again = (): void => {
      this.timers.delete(uid);
      this.remove(uid).catch(() => this.later(uid));
    };
    this.timers.set(uid, this.clock.setTimeout(again, COLLECT_MS));
  }

  private async one(pod: Pod, volume: Volume, facts: PodFacts): Promise<VolumeSource> {
    const volumes = join(this.root, pod.metadata.uid, 'volumes');
    const directory = join(volumes, volume.name);
    // what is in it has the modes that containers expect, and this keeps the host's other users out
    await mkdir(volumes, { recursive: true, mode: 0o700 });
    if (volume.emptyDir) {
      const memory = quantityValue(facts.allocatable['memory'] ?? 0);
      if (await emptyDir(volume.emptyDir, directory, pod.spec!, memory)) await this.own(pod, directory, false);
      return { path: directory, readOnly: false };
    }
    const { source, client, clock } = this;
    const files = await volumeFiles(volume, { pod, facts, source, client, clock }, this.tokens);
    if (files) {
      // containers may not write what the node writes
      await writeAtomically(directory, files, clock.now(), () => this.own(pod, directory, true));
      return { path: directory, readOnly: true };
    }
    return this.once(pod, volume, directory);
  }

  private async once(pod: Pod, volume: Volume, directory: string): Promise<VolumeSource> {
    const { uid } = pod.metadata;
    const known = this.mounted.get(uid) ?? new Map<string, VolumeSource>();
    this.mounted.set(uid, known);
    const before = known.get(volume.name);
    if (before) {
      await this.drivers.csi?.refresh(pod, volume);
      return before;
    }
    const source = await this.mount(pod, volume, directory);
    known.set(volume.name, source);
    return source;
  }

  private async mount(pod: Pod, volume: Volume, directory: string): Promise<VolumeSource> {
    if (volume.hostPath) {
      const { folders } = this.drivers;
      const path = await checkHostPath(volume.hostPath, folders);
      const real = await realpath(path);
      return folders && isPluginPath(real, folders)
        ? { path: real, readOnly: false }
        : { path, readOnly: false, host: true };
    }
    if (volume.image) return this.image(pod, volume.image, directory);
    const claimed = await claimedVolume(pod, volume, this.client);
    const readOnly = Boolean(volume.persistentVolumeClaim?.readOnly);
    const spec = claimed?.volume.spec;
    if (volume.csi || spec?.csi) {
      if (!this.drivers.csi) throw new Error('this node has no place for CSI drivers');
      const source = await this.drivers.csi.mount(pod, volume, claimed, directory);
      return { ...source, readOnly: source.readOnly || readOnly };
    }
    if (spec?.hostPath) return { path: await checkHostPath(spec.hostPath), readOnly };
    if (spec?.local) {
      const block = spec.volumeMode === 'Block';
      const path = await checkHostPath({ path: spec.local.path, type: block ? 'BlockDevice' : 'Directory' });
      if (!block && !readOnly) await this.own(pod, path, false);
      return { path, readOnly, ...(block && { block }) };
    }
    const network = networkSource(spec ?? volume);
    if (!network) throw new Error(`this node has no driver for volumes of type ${typeOf(spec ?? volume)}`);
    await mountNetwork({ ...network, readOnly: network.readOnly || readOnly }, directory);
    return { path: directory, readOnly: network.readOnly || readOnly };
  }

  private async image(pod: Pod, source: NonNullable<Volume['image']>, directory: string): Promise<VolumeSource> {
    if (!this.drivers.images) throw new Error('this node has no images that could be mounted');
    return { path: await imageVolume(await this.drivers.images(pod, source), directory), readOnly: true };
  }

  private async own(pod: Pod, directory: string, readOnly: boolean): Promise<void> {
    const ownership = ownershipOf(pod, readOnly);
    if (ownership) await giveToGroup(directory, ownership);
  }
}

/** Fields of a volume that say nothing of its kind. */
const COMMON: ReadonlySet<string> = new Set([
  'name',
  'accessModes',
  'capacity',
  'claimRef',
  'mountOptions',
  'nodeAffinity',
  'persistentVolumeReclaimPolicy',
  'storageClassName',
  'volumeAttributesClassName',
  'volumeMode',
]);
const typeOf = (volume: object): string => Object.keys(volume).find((key) => !COMMON.has(key)) ?? 'none';
