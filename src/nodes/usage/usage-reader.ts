import { readFileSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { cpus } from 'node:os';
import { dirname, join } from 'node:path';
import type { Pod, Volume } from '../../../schema/types.ts';
import { lastingContainers } from '../../rules/containers.ts';
import type { CgroupStats } from '../cgroups/contract.ts';
import type { MachineSize } from '../cgroups/node-cgroups.ts';
import type { ImageUsage } from '../images/image-service.ts';
import type { AgentContext } from '../pods/agent-context.ts';
import { cgroupOf } from '../pods/container-cgroup.ts';
import type { ContainerWorker } from '../pods/container-worker.ts';
import type { PodWorker } from '../pods/pod-worker.ts';
import { usageOf } from '../runtimes/process/process-table.ts';
import { FolderSizes } from './folder-sizes.ts';
import { UsageRates } from './usage-rates.ts';
import type {
  ContainerUsage,
  FileSystemUsage,
  FolderUsage,
  NodeUsage,
  PodUsage,
  ProcessUsage,
  VolumeUsage,
} from './node-usage.ts';

/** How often folders are measured, ms: where one has a limit, and else. */
const WATCHED_MS = 10_000;
const IDLE_MS = 60_000;

type Context = Pick<
  AgentContext,
  'cgroups' | 'runtime' | 'podsDir' | 'logs' | 'images' | 'clock' | 'unenforced' | 'volumes'
>;

/** What a node and its pods use, read from cgroups, file systems and folders. Nothing in it waits for a large folder. */
export class UsageReader {
  private readonly sizes: FolderSizes;
  /** what processors are used at, by the last readings */
  readonly rates = new UsageRates();

  constructor(
    private readonly context: Context,
    private readonly size: MachineSize,
  ) {
    this.sizes = new FolderSizes(context.clock);
  }

  /** @param workers of the pods to be told of */
  async read(workers: readonly PodWorker[]): Promise<NodeUsage> {
    const { clock, podsDir, cgroups } = this.context;
    const active = workers.filter((each) => each.holds);
    const folders = active.flatMap((each) => [...this.foldersOf(each)]);
    const measured = this.sizes.refresh(
      folders,
      active.some(({ object }) => hasDiskLimit(object)) ? WATCHED_MS : IDLE_MS,
    );
    // what a pod has written is told from the second reading on, rather than keep everybody waiting for a large folder
    void measured;
    const [fs, images] = await Promise.all([fileSystem(podsDir), this.context.images.service.usage()]);
    const all = cgroups?.stats();
    const usage: NodeUsage = {
      time: clock.now(),
      cpuNanoseconds: machineCpu(),
      memory: this.memory(all),
      ...(all && { pods: processUsage(all) }),
      fs: fs ?? NOTHING,
      // a store without a place of its own is on the file system of the pods
      imageFs: { ...(fs ?? NOTHING), ...(images.capacityBytes && spaceOf(images)), imagesBytes: images.usedBytes },
      pids: { max: this.size.pids, current: runningTasks() },
      each: await Promise.all(active.map((each) => this.pod(each))),
    };
    this.rates.take(usage);
    return usage;
  }

  /** Free is what the kernel can give at once, and no more than a cgroup above lets the node have. */
  private memory(all: CgroupStats | undefined): NodeUsage['memory'] {
    const lines = readFileSync('/proc/meminfo', 'latin1').split('\n');
    const value = (name: string): number => {
      const line = lines.find((each) => each.startsWith(`${name}:`));
      return line === undefined ? 0 : Number.parseInt(line.slice(name.length + 1), 10) * 1024;
    };
    const capacityBytes = this.size.memory;
    const within = all && capacityBytes < value('MemTotal') ? capacityBytes - all.workingSet : Infinity;
    const availableBytes = Math.max(0, Math.min(value('MemAvailable'), within, capacityBytes));
    return { capacityBytes, availableBytes, workingSet: capacityBytes - availableBytes };
  }

  private async pod(worker: PodWorker): Promise<PodUsage> {
    const { object: pod } = worker;
    const containers = worker.containers.filter((each) => each.running).map((each) => this.container(pod, each));
    const volumes = (await Promise.all((pod.spec?.volumes ?? []).map((each) => this.volume(pod, each)))).flatMap(
      (each) => each ?? [],
    );
    const found = this.context.cgroups?.find(pod.metadata.uid);
    const used = [
      ...containers.flatMap(({ rootfs, logs }) => [rootfs, logs]),
      ...volumes.filter(({ ephemeral }) => ephemeral),
    ];
    return {
      pod,
      ...(found ? processUsage(found.stats()) : sum(containers)),
      containers,
      volumes,
      ephemeral: total(used),
    };
  }

  private container(pod: Pod, { name, record, running }: ContainerWorker): ContainerUsage {
    const { uid } = pod.metadata;
    const found = cgroupOf(uid, name, record.restartCount, running?.id, this.context);
    const own = usageOf(running?.pid ?? 0);
    const usage = found
      ? processUsage(found.stats())
      : { cpuNanoseconds: own.cpu, workingSet: own.memory, rss: own.memory, pids: 1 };
    return {
      name,
      startedAt: running?.startedAt ?? 0,
      ...usage,
      rootfs: this.sizes.get(this.layer(pod, name, record.restartCount)),
      logs: this.sizes.get(this.logs(pod, name)),
    };
  }

  private async volume(pod: Pod, volume: Volume): Promise<VolumeUsage | undefined> {
    const path = this.volumePath(pod, volume);
    const claimName =
      volume.persistentVolumeClaim?.claimName ?? (volume.ephemeral && `${pod.metadata.name}-${volume.name}`);
    const counted = isFolder(volume);
    if (!counted && !claimName && !volume.csi && volume.emptyDir?.medium !== 'Memory') return undefined;
    const told = counted ? undefined : await this.context.volumes.usage(pod.metadata.uid, volume.name);
    const fs = told ?? (await fileSystem(path));
    const folder = counted
      ? this.sizes.get(path)
      : fs && { usedBytes: fs.usedBytes, inodesUsed: fs.inodes - fs.inodesFree };
    if (!fs || !folder) return undefined;
    const claim = claimName ? { claim: { name: claimName, namespace: pod.metadata.namespace ?? '' } } : {};
    return { name: volume.name, ...fs, ...folder, ephemeral: counted, ...claim };
  }

  private *foldersOf({ object: pod, containers }: PodWorker): Generator<string> {
    for (const { name, record } of containers) {
      yield this.layer(pod, name, record.restartCount);
      yield this.logs(pod, name);
    }
    for (const volume of pod.spec?.volumes ?? []) if (isFolder(volume)) yield this.volumePath(pod, volume);
  }

  private layer({ metadata }: Pod, container: string, attempt: number): string {
    return join(this.context.podsDir, metadata.uid, 'containers', container, String(attempt));
  }
  private logs({ metadata: { namespace = '', name, uid } }: Pod, container: string): string {
    return dirname(this.context.logs.path({ namespace, name, uid }, container, 0));
  }
  private volumePath({ metadata }: Pod, { name }: Volume): string {
    return join(this.context.podsDir, metadata.uid, 'volumes', name);
  }
}

/** Volumes that are folders of the node's own, on its disk, and go with the pod. */
const isFolder = ({ emptyDir, configMap, secret, downwardAPI, projected }: Volume): boolean =>
  emptyDir ? emptyDir.medium !== 'Memory' : Boolean(configMap ?? secret ?? downwardAPI ?? projected);

const hasDiskLimit = ({ spec }: Pod): boolean =>
  (spec?.volumes ?? []).some(({ emptyDir }) => emptyDir?.sizeLimit !== undefined) ||
  lastingContainers(spec).some(({ resources }) => resources?.limits?.['ephemeral-storage'] !== undefined);

const spaceOf = ({ capacityBytes, availableBytes }: ImageUsage) => ({
  capacityBytes,
  availableBytes,
  usedBytes: capacityBytes - availableBytes,
});

const NOTHING: FileSystemUsage = { capacityBytes: 0, availableBytes: 0, usedBytes: 0, inodes: 0, inodesFree: 0 };

async function fileSystem(path: string): Promise<FileSystemUsage | undefined> {
  const found = await statfs(path).catch(() => undefined);
  if (!found) return undefined;
  const { bsize, blocks, bavail, bfree, files, ffree } = found;
  return {
    capacityBytes: blocks * bsize,
    availableBytes: bavail * bsize,
    usedBytes: (blocks - bfree) * bsize,
    inodes: files,
    inodesFree: ffree,
  };
}

/** Nanoseconds that the machine's processors have worked. */
const machineCpu = (): number =>
  cpus().reduce((sum, { times: { user, nice, sys, irq } }) => sum + user + nice + sys + irq, 0) * 1e6;

/** Processes and threads of the machine. */
function runningTasks(): number {
  const tasks = readFileSync('/proc/loadavg', 'latin1').split(' ')[3]?.split('/')[1];
  return Number(tasks ?? 0);
}

const processUsage = ({ throttledPeriods: _, ...usage }: CgroupStats): ProcessUsage => usage;

const total = (parts: readonly (FolderUsage | undefined)[]): FolderUsage => ({
  usedBytes: parts.reduce((bytes, each) => bytes + (each?.usedBytes ?? 0), 0),
  inodesUsed: parts.reduce((inodes, each) => inodes + (each?.inodesUsed ?? 0), 0),
});

function sum(parts: readonly ProcessUsage[]): ProcessUsage {
  const all = { cpuNanoseconds: 0, workingSet: 0, rss: 0, pids: 0 };
  for (const { cpuNanoseconds, workingSet, rss, pids } of parts) {
    all.cpuNanoseconds += cpuNanoseconds;
    all.workingSet += workingSet;
    all.rss += rss;
    all.pids += pids;
  }
  return all;
}
