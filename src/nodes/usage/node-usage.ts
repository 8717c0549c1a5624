import type { Pod } from '../../../schema/types.ts';

/** What lies in a folder, bytes as the disk holds them. */
export interface FolderUsage {
  usedBytes: number;
  inodesUsed: number;
}

/** A file system as a whole, bytes. */
export interface FileSystemUsage {
  capacityBytes: number;
  availableBytes: number;
  usedBytes: number;
  inodes: number;
  inodesFree: number;
}

/** What processes use; of cgroups where there are any, else of the container's own process alone. */
export interface ProcessUsage {
  /** since they began */
  cpuNanoseconds: number;
  /** bytes, page cache included; absent where only processes tell */
  memoryUsage?: number;
  /** bytes that cannot be given back at once */
  workingSet: number;
  rss: number;
  pageFaults?: number;
  majorPageFaults?: number;
  /** bytes; absent where there is no limit */
  memoryLimit?: number;
  /** processes and threads */
  pids: number;
}

export interface ContainerUsage extends ProcessUsage {
  name: string;
  /** ms since the epoch */
  startedAt: number;
  /** its own layer of files; undefined until it has been measured */
  rootfs: FolderUsage | undefined;
  logs: FolderUsage | undefined;
}

export interface VolumeUsage extends FileSystemUsage {
  name: string;
  inodesUsed: number;
  /** counts as the pod's ephemeral storage: on disk, and gone with the pod */
  ephemeral: boolean;
  claim?: { name: string; namespace: string };
}

export interface PodUsage extends ProcessUsage {
  pod: Pod;
  containers: readonly ContainerUsage[];
  volumes: readonly VolumeUsage[];
  /** layers, logs and volumes that go with the pod */
  ephemeral: FolderUsage;
}

export interface NodeUsage {
  /** ms since the epoch */
  time: number;
  /** of all processors since the machine began */
  cpuNanoseconds: number;
  memory: { capacityBytes: number; availableBytes: number; workingSet: number };
  /** of all pods together; absent where there are no cgroups */
  pods?: ProcessUsage;
  /** where pods' volumes, layers and logs are */
  fs: FileSystemUsage;
  /** where images are, and what they take */
  imageFs: FileSystemUsage & { imagesBytes: number };
  pids: { max: number; current: number };
  each: readonly PodUsage[];
}
