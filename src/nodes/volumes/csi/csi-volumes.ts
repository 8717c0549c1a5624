import { createHash } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { CSIDriver, PersistentVolumeSpec, Pod, Volume } from '../../../../schema/types.ts';
import type { Client } from '../../../client/contract.ts';
import type { EventRecorder } from '../../../control/contract.ts';
import { unlessGone } from '../../../control/conflict.ts';
import type { Clock } from '../../../rules/clock.ts';
import { needsAttachment } from '../../../rules/csi/names.ts';
import { PluginError } from '../../../rules/csi/plugin-client.ts';
import { mountedAt } from '../../../rules/machine/mount-table.ts';
import type { VolumeCapability } from '../../../rules/csi/messages.ts';
import { claimedVolume, type ClaimedVolume } from '../claimed-volume.ts';
import { giveToGroup, ownershipOf } from '../ownership.ts';
import { MountError } from '../mount-error.ts';
import type { CsiMounts } from '../pod-volumes.ts';
import { TokenCache } from '../service-account-token.ts';
import type { VolumeSource } from '../volume-source.ts';
import { Attachments } from './attachments.ts';
import { CsiNodeObject } from './csi-node.ts';
import { DriverRegistry } from './driver-registry.ts';
import { expandOnNode } from './expand-on-node.ts';
import { VolumeFigures } from './volume-figures.ts';
import type { FileSystemUsage } from '../../usage/node-usage.ts';
import { Turns } from './turns.ts';
import type { NodeDriver } from './node-driver.ts';
import { podInfo, tokenAttribute } from './pod-attributes.ts';
import { volumeCapability } from './volume-capability.ts';
import { allMounts, allStaged, csiFolder, mountsOfPod, writeVolumeData, type VolumeData } from './volume-data.ts';

export interface CsiOptions {
  node: string;
  /** folder of the node's pods */
  pods: string;
  /** the node's folder for plugins: `plugins` and `plugins_registry` are in it */
  directory: string;
  /** acts as the node */
  client: Client;
  clock: Clock;
  events: EventRecorder;
  log(message: string, fields?: Record<string, unknown>): void;
}

/** One volume of a pod as its driver is told of it. */
interface Mount {
  pod: Pod;
  driver: NodeDriver;
  options: CSIDriver | undefined;
  /** undefined for an inline volume */
  claimed: ClaimedVolume | undefined;
  data: VolumeData;
  readOnly: boolean;
  attributes: Readonly<Record<string, string>>;
  fsType: string;
}

const DRIVERS = 'csidrivers.storage.k8s.io';

/**
 * Volumes that the CSI drivers of this node serve. Each call of a driver may be made again after a crash at any point:
 * what is asked of it is written down before. Source: pkg/volume/csi.
 */
export class CsiVolumes implements CsiMounts {
  readonly registry: DriverRegistry;
  private readonly object: CsiNodeObject;
  private readonly attachments: Attachments;
  private readonly tokens = new TokenCache();
  /** what goes on with one volume goes on one after the other, whichever pod it is for */
  private readonly turns = new Turns();
  private readonly staging: string;
  private readonly figures: VolumeFigures;
  /** mounted since this agent runs, by uid of the pod and name of its volume */
  private readonly live = new Map<string, Mount>();

  constructor(private readonly options: CsiOptions) {
    const { node, client, clock, directory, log } = options;
    this.object = new CsiNodeObject(client, node);
    this.attachments = new Attachments(node, client, clock);
    this.staging = join(directory, 'plugins', 'kubernetes.io', 'csi');
    this.figures = new VolumeFigures(clock, (name) => this.registry.driver(name));
    this.registry = new DriverRegistry({
      directory: join(directory, 'plugins_registry'),
      clock,
      log,
      registered: async (driver) => {
        await this.object.add(driver);
        await this.collect(driver);
      },
      unregistered: (name) => this.object.remove(name),
    });
  }

  /** The Node object must be there. Resolves when the drivers that are there are registered. */
  async start(): Promise<void> {
    await mkdir(this.staging, { recursive: true, mode: 0o750 });
    const kept = [...(await allMounts(this.options.pods)), ...(await allStaged(this.staging))];
    await this.attachments.begin(kept.filter(({ attached }) => attached));
    await this.registry.start();
    await this.object.begin(this.registry.drivers().map(({ name }) => name));
  }

  stop(): Promise<void> {
    return this.registry.stop();
  }

  async mount(pod: Pod, volume: Volume, claimed: ClaimedVolume | undefined, directory: string): Promise<VolumeSource> {
    const mount = await this.describe(pod, volume, claimed, directory);
    const { data, readOnly } = mount;
    return this.turns.take(keyOf(data), async () => {
      await writeVolumeData(dirname(data.target), data);
      const context = await this.attach(data);
      await this.stage(mount, context);
      await this.publish(mount, context);
      if (claimed) await this.expand(mount, claimed);
      this.live.set(`${pod.metadata.uid}/${volume.name}`, mount);
      return { path: data.target, readOnly, ...(isBlock(claimed) && { block: true }) };
    });
  }

  async refresh(pod: Pod, volume: Volume): Promise<void> {
    const mount = this.live.get(`${pod.metadata.uid}/${volume.name}`);
    if (!mount) return;
    const { client } = this.options;
    const claimed = mount.claimed && (await claimedVolume(pod, volume, client));
    await this.turns.take(keyOf(mount.data), async () => {
      if (mount.options?.spec.requiresRepublish) await this.publish(mount, await this.attach(mount.data));
      if (claimed) await this.expand(mount, claimed);
    });
  }

  async unmount(pod: string): Promise<void> {
    for (const { folder, data } of await mountsOfPod(pod)) {
      if (data) await this.turns.take(keyOf(data), () => this.unpublish(folder, data));
      // nothing was asked of a driver yet
      else await rm(folder, { recursive: true, force: true });
    }
    const uid = basename(pod);
    for (const key of this.live.keys()) if (key.startsWith(`${uid}/`)) this.live.delete(key);
  }

  /** What a volume has and uses, as its driver says; undefined for one that is not mounted, or of a driver that does not know. */
  async usage(uid: string, volume: string): Promise<FileSystemUsage | undefined> {
    const mount = this.live.get(`${uid}/${volume}`);
    return mount && this.figures.of(mount.data);
  }

  private async describe(
    pod: Pod,
    volume: Volume,
    claimed: ClaimedVolume | undefined,
    directory: string,
  ): Promise<Mount> {
    const source = claimed?.volume.spec?.csi;
    const inline = volume.csi;
    const name = source?.driver ?? inline?.driver ?? '';
    const driver = this.registry.driver(name);
    const options = await unlessGone(this.options.client.get(DRIVERS, '', name));
    checkLifecycle(name, options, claimed ? 'Persistent' : 'Ephemeral');
    const spec = claimed?.volume.metadata.name ?? volume.name;
    const handle = source?.volumeHandle ?? `csi-${sha256(`${pod.metadata.uid}${volume.name}`)}`;
    const stages = claimed !== undefined && driver.can.has('STAGE_UNSTAGE_VOLUME');
    return {
      pod,
      driver,
      options,
      claimed,
      data: {
        driver: name,
        handle,
        spec,
        target: join(csiFolder(dirname(directory)), spec, isBlock(claimed) ? 'dev' : 'mount'),
        staging: stages ? join(this.staging, name, sha256(handle), 'globalmount') : '',
        attached: claimed !== undefined && needsAttachment(options),
      },
      readOnly: Boolean(volume.persistentVolumeClaim?.readOnly ?? inline?.readOnly ?? source?.readOnly),
      attributes: source?.volumeAttributes ?? inline?.volumeAttributes ?? {},
      fsType: source?.fsType ?? inline?.fsType ?? '',
    };
  }

  /** What the attacher says to those who mount the volume. */
  private async attach({ driver, handle, attached }: VolumeData): Promise<Record<string, string>> {
    if (!attached) return {};
    await this.attachments.use(driver, handle);
    return this.attachments.context(driver, handle);
  }

  private async stage({ driver, claimed, data, pod }: Mount, context: Readonly<Record<string, string>>) {
    const spec = claimed?.volume.spec;
    if (!data.staging || !spec) return;
    const folder = dirname(data.staging);
    await writeVolumeData(folder, { ...data, target: '' });
    await mkdir(data.staging, { recursive: true, mode: 0o750 });
    const reference = spec.csi?.nodeStageSecretRef;
    try {
      await driver.client.call('csi.v1.Node/NodeStageVolume', {
        volume_id: data.handle,
        publish_context: context,
        staging_target_path: data.staging,
        volume_capability: this.capability(driver, spec, pod),
        secrets: reference ? await this.secret(reference.namespace ?? '', reference.name ?? '') : {},
        volume_context: spec.csi?.volumeAttributes ?? {},
      });
    } catch (error) {
      throw mountError('MountVolume.MountDevice', data.spec, error);
    }
  }

  private async publish(mount: Mount, context: Readonly<Record<string, string>>): Promise<void> {
    const { pod, driver, options, claimed, data, readOnly, attributes, fsType } = mount;
    const { client, clock } = this.options;
    const spec = claimed?.volume.spec ?? { csi: { driver: driver.name, volumeHandle: data.handle, fsType } };
    const reference = await this.publishSecret(mount);
    const tokens = options ? await tokenAttribute(pod, options, this.tokens, client, clock) : {};
    const inSecrets = options?.spec.serviceAccountTokenInSecrets;
    const fresh = !(await mountedAt(data.target));
    await driver.client.call('csi.v1.Node/NodePublishVolume', {
      volume_id: data.handle,
      publish_context: context,
      staging_target_path: data.staging,
      target_path: data.target,
      volume_capability: this.capability(driver, spec, pod),
      readonly: readOnly,
      secrets: { ...reference, ...(inSecrets && tokens) },
      volume_context: {
        ...attributes,
        ...(options?.spec.podInfoOnMount && podInfo(pod, !claimed)),
        ...(!inSecrets && tokens),
      },
    });
    const ownership = ownershipOf(pod, readOnly);
    if (fresh && ownership && !readOnly && isBlock(claimed) === false && ownsFiles(mount))
      await giveToGroup(data.target, ownership);
  }

  private async publishSecret({ pod, claimed, data }: Mount): Promise<Record<string, string>> {
    const named = claimed?.volume.spec?.csi?.nodePublishSecretRef;
    if (named) return this.secret(named.namespace ?? '', named.name ?? '');
    const inline = claimed ? undefined : pod.spec?.volumes?.find(({ name }) => name === data.spec)?.csi;
    const own = inline?.nodePublishSecretRef?.name;
    return own ? this.secret(pod.metadata.namespace ?? '', own) : {};
  }

  private capability(driver: NodeDriver, spec: PersistentVolumeSpec, pod: Pod): VolumeCapability {
    const group = driver.can.has('VOLUME_MOUNT_GROUP') ? pod.spec?.securityContext?.fsGroup : undefined;
    return volumeCapability(spec, driver.can.has('SINGLE_NODE_MULTI_WRITER'), group);
  }

  private async expand({ driver, data, pod }: Mount, claimed: ClaimedVolume): Promise<void> {
    const { client, events, node } = this.options;
    const spec = claimed.volume.spec ?? {};
    const reference = spec.csi?.nodeExpandSecretRef;
    const grown = await expandOnNode(claimed, client, async (bytes) => {
      if (!driver.can.has('EXPAND_VOLUME')) return undefined;
      return driver.client.call('csi.v1.Node/NodeExpandVolume', {
        volume_id: data.handle,
        volume_path: data.target,
        capacity_range: { required_bytes: bytes },
        staging_target_path: data.staging,
        volume_capability: this.capability(driver, spec, pod),
        secrets: reference ? await this.secret(reference.namespace ?? '', reference.name ?? '') : {},
      });
    });
    if (!grown) return;
    const message = `MountVolume.NodeExpandVolume succeeded for volume "${data.spec}" ${node}`;
    for (const about of [
      { ...pod, apiVersion: 'v1', kind: 'Pod' },
      { ...claimed.claim, apiVersion: 'v1', kind: 'PersistentVolumeClaim' },
    ])
      events.event(about, 'Normal', 'FileSystemResizeSuccessful', message);
  }

  private async unpublish(folder: string, data: VolumeData): Promise<void> {
    const { client } = this.registry.driver(data.driver);
    await client.call('csi.v1.Node/NodeUnpublishVolume', { volume_id: data.handle, target_path: data.target });
    if (await mountedAt(data.target)) throw new Error(`driver ${data.driver} has left ${data.target} mounted`);
    await rm(folder, { recursive: true, force: true });
    await this.unstage(data);
  }

  /** Once no pod uses the volume any more. */
  private async unstage(data: VolumeData): Promise<void> {
    const others = await allMounts(this.options.pods);
    if (others.some((one) => keyOf(one) === keyOf(data))) return;
    if (data.staging) {
      const { client } = this.registry.driver(data.driver);
      const request = { volume_id: data.handle, staging_target_path: data.staging };
      await client.call('csi.v1.Node/NodeUnstageVolume', request);
      if (await mountedAt(data.staging)) throw new Error(`driver ${data.driver} has left ${data.staging} mounted`);
      await rm(dirname(data.staging), { recursive: true, force: true });
    }
    if (data.attached) await this.attachments.release(data.driver, data.handle);
  }

  /** What was staged for pods that are gone, when the agent ended in between. */
  private async collect(driver: NodeDriver): Promise<void> {
    const staged = (await allStaged(this.staging)).filter((data) => data.driver === driver.name);
    for (const data of staged) {
      // its calls find the driver once it is registered
      const later = () => this.turns.take(keyOf(data), () => this.unstage(data));
      this.options.clock.setTimeout(() => {
        later().catch((error: unknown) =>
          this.options.log('a volume stays staged', { volume: data.spec, error: (error as Error).message }),
        );
      }, COLLECT_MS);
    }
  }

  private async secret(namespace: string, name: string): Promise<Record<string, string>> {
    const { data = {} } = await this.options.client.get('secrets', namespace, name);
    return Object.fromEntries(Object.entries(data).map(([key, text]) => [key, Buffer.from(text, 'base64').toString()]));
  }
}

/** After a driver has come, ms: it is registered by then. */
const COLLECT_MS = 1000;

const keyOf = ({ driver, handle }: Pick<VolumeData, 'driver' | 'handle'>): string => `${driver}/${handle}`;
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const isBlock = (claimed: ClaimedVolume | undefined): boolean => claimed?.volume.spec?.volumeMode === 'Block';

/** @throws Error with the kubelet's words for a driver that does not serve such volumes */
function checkLifecycle(name: string, options: CSIDriver | undefined, mode: 'Persistent' | 'Ephemeral'): void {
  const wrong = `volume mode "${mode}" not supported by driver ${name}`;
  if (!options) {
    if (mode === 'Ephemeral') throw new Error(`${wrong} (no CSIDriver object)`);
    return;
  }
  const modes = options.spec.volumeLifecycleModes ?? ['Persistent'];
  if (!modes.includes(mode)) throw new Error(`${wrong} (only supports ${JSON.stringify(modes)})`);
}

/** Whether the node sees to the group of the files: not where the driver does, or wants nobody to. */
function ownsFiles({ driver, options, claimed, fsType }: Mount): boolean {
  if (driver.can.has('VOLUME_MOUNT_GROUP')) return false;
  const policy = options?.spec.fsGroupPolicy ?? 'ReadWriteOnceWithFSType';
  if (policy !== 'ReadWriteOnceWithFSType') return policy === 'File';
  return fsType !== '' && Boolean(claimed?.volume.spec?.accessModes?.includes('ReadWriteOnce'));
}

const mountError = (step: string, volume: string, error: unknown): Error =>
  error instanceof PluginError
    ? new MountError(`${step} failed for volume ${JSON.stringify(volume)} : ${error.message}`)
    : (error as Error);
