import type {
  CSIDriver,
  CSINode,
  CSIStorageCapacity,
  DeviceClass,
  PersistentVolume,
  PersistentVolumeClaim,
  PodDisruptionBudget,
  Pod,
  ResourceSlice,
  StorageClass,
} from '../../schema/types.ts';
import type { LabelMatcher } from '../control/selector.ts';
import type { ClaimLedger } from './devices/claim-ledger.ts';
import type { NodeInfo } from './node-info.ts';
import type { PodInfo } from './pod-info.ts';

/** What a scheduling decision may look at. Nothing changes while it is made: it is one synchronous computation. */
export interface Snapshot {
  readonly nodes: readonly NodeInfo[];
  node(name: string): NodeInfo | undefined;
  /** nodes that hold pods with affinity terms, and with required anti-affinity */
  readonly withAffinity: Iterable<NodeInfo>;
  readonly withAntiAffinity: Iterable<NodeInfo>;
  /** an image's size in bytes, and how many nodes have it */
  image(name: string): { size: number; nodes: number } | undefined;
  /** pods of at least this priority that wait for victims to leave the node */
  nominated(node: string, priority: number, except: string): readonly PodInfo[];
  /** What `run` gives while these pods are on the node too; afterwards they are not. */
  supposing<T>(node: NodeInfo, pods: readonly PodInfo[], run: () => T): T;
  readonly cluster: ClusterView;
}

/** Objects besides nodes and pods that plugins ask for. */
export interface ClusterView {
  namespaceLabels(name: string): Record<string, string> | undefined;
  /** what the pod's services and its controller select; undefined where nothing selects it */
  siblings(pod: Pod): LabelMatcher | undefined;
  claim(namespace: string, name: string): PersistentVolumeClaim | undefined;
  volume(name: string): PersistentVolume | undefined;
  volumes(storageClass: string): readonly PersistentVolume[];
  storageClass(name: string): StorageClass | undefined;
  csiDriver(name: string): CSIDriver | undefined;
  csiNode(node: string): CSINode | undefined;
  /** what drivers say that there is room for, by class */
  capacities(storageClass: string): readonly CSIStorageCapacity[];
  budgets(namespace: string): readonly PodDisruptionBudget[];
  deviceClass(name: string): DeviceClass | undefined;
  /** slices of the node's own devices, and of those that are no single node's */
  slicesOn(node: string): readonly ResourceSlice[];
  slicesOf(driver: string, pool: string): readonly ResourceSlice[];
  readonly resourceClaims: ClaimLedger;
}
