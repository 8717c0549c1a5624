import type {
  ContainerUsage,
  FileSystemUsage,
  FolderUsage,
  NodeUsage,
  PodUsage,
  ProcessUsage,
  VolumeUsage,
} from '../usage/node-usage.ts';
import type { UsageRates } from '../usage/usage-rates.ts';

type Stats = Record<string, unknown>;

/**
 * The kubelet's Summary API (k8s.io/kubelet/pkg/apis/stats/v1alpha1).
 * @param rates what processors are used at now, which takes two readings
 * @param startedAt of the node, ms since the epoch
 */
export function statsSummary(nodeName: string, usage: NodeUsage, rates: UsageRates, startedAt: number): Stats {
  const time = new Date(usage.time).toISOString();
  const processes = (of: ProcessUsage, key: string): Stats => ({
    cpu: { time, ...rates.of(key), usageCoreNanoSeconds: of.cpuNanoseconds },
    memory: memoryStats(time, of),
  });
  const free = usage.fs;
  const folder = (used: FolderUsage | undefined): Stats => ({
    time,
    ...fileSystem(free),
    ...(used ?? { usedBytes: 0, inodesUsed: 0 }),
  });
  const container = (of: ContainerUsage, pod: PodUsage): Stats => ({
    name: of.name,
    startTime: new Date(of.startedAt).toISOString(),
    ...processes(of, `${pod.pod.metadata.uid}/${of.name}`),
    rootfs: folder(of.rootfs),
    logs: folder(of.logs),
  });
  const pod = (of: PodUsage): Stats => ({
    podRef: { name: of.pod.metadata.name, namespace: of.pod.metadata.namespace, uid: of.pod.metadata.uid },
    startTime: of.pod.status?.startTime,
    containers: of.containers.map((each) => container(each, of)),
    ...processes(of, of.pod.metadata.uid),
    ...(of.volumes.length && { volume: of.volumes.map((each) => volumeStats(time, each)) }),
    'ephemeral-storage': folder(of.ephemeral),
    process_stats: { process_count: of.pids },
  });
  const { memory, pids, imageFs } = usage;
  return {
    node: {
      nodeName,
      ...(usage.pods && { systemContainers: [{ name: 'pods', startTime: time, ...processes(usage.pods, 'pods') }] }),
      startTime: new Date(startedAt).toISOString(),
      cpu: { time, ...rates.of('node'), usageCoreNanoSeconds: usage.cpuNanoseconds },
      memory: {
        time,
        availableBytes: memory.availableBytes,
        usageBytes: memory.capacityBytes - memory.availableBytes,
        workingSetBytes: memory.workingSet,
      },
      fs: { time, ...fileSystem(usage.fs), usedBytes: usage.fs.usedBytes, inodesUsed: inodesUsed(usage.fs) },
      runtime: { imageFs: { time, ...fileSystem(imageFs), usedBytes: imageFs.imagesBytes } },
      rlimit: { time, maxpid: pids.max, curproc: pids.current },
    },
    pods: usage.each.map(pod),
  };
}

const fileSystem = ({ availableBytes, capacityBytes, inodes, inodesFree }: FileSystemUsage): Stats => ({
  availableBytes,
  capacityBytes,
  inodes,
  inodesFree,
});
const inodesUsed = ({ inodes, inodesFree }: FileSystemUsage): number => inodes - inodesFree;

function memoryStats(time: string, of: ProcessUsage): Stats {
  return {
    time,
    ...(of.memoryLimit !== undefined && { availableBytes: Math.max(0, of.memoryLimit - of.workingSet) }),
    ...(of.memoryUsage !== undefined && { usageBytes: of.memoryUsage }),
    workingSetBytes: of.workingSet,
    rssBytes: of.rss,
    ...(of.pageFaults !== undefined && { pageFaults: of.pageFaults, majorPageFaults: of.majorPageFaults }),
  };
}

const volumeStats = (time: string, of: VolumeUsage): Stats => ({
  time,
  ...fileSystem(of),
  usedBytes: of.usedBytes,
  inodesUsed: of.inodesUsed,
  name: of.name,
  ...(of.claim && { pvcRef: of.claim }),
});
