import { readFileSync } from 'node:fs';
import { release } from 'node:os';
import type { ContainerImage, Node, NodeCondition, NodeStatus, Taint } from '../../schema/types.ts';
import type { New } from '../meta/object.ts';
import { formatQuantity, quantityOfMilli } from '../meta/quantity.ts';
import type { MachineSize } from './cgroups/node-cgroups.ts';
import { KUBELET_VERSION, type LimitOptions } from './contract.ts';
import type { PressureCondition } from './eviction/signals.ts';
import { nodeAllocatable } from './node-allocatable.ts';
import { machinePlatform } from './images/oci/platform.ts';
import { formatTime } from '../meta/time.ts';

export interface NodeFacts {
  name: string;
  address: string;
  port: number;
  maxPods: number;
  size: MachineSize;
  limits?: LimitOptions | undefined;
  /** and its version: `containerd://1.6.20` */
  runtime?: string | undefined;
  /** its runtime gives a container no groups but those that the pod names (KEP-3619) */
  strictGroups?: boolean;
  /** bytes of the file system of the data directory */
  storage: number;
  labels?: Readonly<Record<string, string>> | undefined;
  taints?: readonly Taint[] | undefined;
  /** what the agent says of itself on the Node */
  annotations?: Readonly<Record<string, string>> | undefined;
  /** conditions beside the kubelet's own, as they are now */
  conditions?: (() => readonly NodeFact[]) | undefined;
  /** the largest of its images */
  images?: (() => Promise<ContainerImage[]>) | undefined;
}

/** A condition of the node, without its times. */
export type NodeFact = Required<Pick<NodeCondition, 'type' | 'status' | 'reason' | 'message'>>;

const { architecture } = machinePlatform();

/** What the machine has; all of it may be given to pods. */
export const capacity = ({ maxPods, storage, size }: Pick<NodeFacts, 'maxPods' | 'storage' | 'size'>) => ({
  cpu: formatQuantity(quantityOfMilli(size.cpu)),
  'ephemeral-storage': `${Math.floor(storage / 1024)}Ki`,
  'hugepages-1Gi': '0',
  'hugepages-2Mi': '0',
  memory: `${Math.floor(size.memory / 1024)}Ki`,
  pods: String(maxPods),
});

/** The Node object as an agent registers it, without status. */
export const nodeObject = ({ name, labels, taints, annotations }: NodeFacts): New<Node> => ({
  apiVersion: 'v1',
  kind: 'Node',
  metadata: {
    name,
    labels: {
      'beta.kubernetes.io/arch': architecture,
      'beta.kubernetes.io/os': 'linux',
      'kubernetes.io/arch': architecture,
      'kubernetes.io/hostname': name,
      'kubernetes.io/os': 'linux',
      ...labels,
    },
    annotations: { 'volumes.kubernetes.io/controller-managed-attach-detach': 'true', ...annotations },
  },
  spec: { ...(taints?.length && { taints: [...taints] }) },
});

const fact = (type: string, status: string, reason: string, message: string): NodeFact => ({
  type,
  status,
  reason,
  message,
});
const HEALTHY: readonly NodeFact[] = [
  fact('MemoryPressure', 'False', 'KubeletHasSufficientMemory', 'kubelet has sufficient memory available'),
  fact('DiskPressure', 'False', 'KubeletHasNoDiskPressure', 'kubelet has no disk pressure'),
  fact('PIDPressure', 'False', 'KubeletHasSufficientPID', 'kubelet has sufficient PID available'),
  fact('Ready', 'True', 'KubeletReady', 'kubelet is posting ready status'),
];

/** What a node says that cannot hold pods to all their limits. @param why for people */
export const limitsNotEnforced = (why: string): NodeFact =>
  fact('LimitsNotEnforced', 'True', 'NoCgroups', `limits of containers are not enforced: ${why}`);

const PRESSURE: Readonly<Record<PressureCondition, NodeFact>> = {
  MemoryPressure: fact(
    'MemoryPressure',
    'True',
    'KubeletHasInsufficientMemory',
    'kubelet has insufficient memory available',
  ),
  DiskPressure: fact('DiskPressure', 'True', 'KubeletHasDiskPressure', 'kubelet has disk pressure'),
  PIDPressure: fact('PIDPressure', 'True', 'KubeletHasInsufficientPID', 'kubelet has insufficient PID available'),
};

/** What a node says that runs short. */
export const underPressure = (conditions: readonly PressureCondition[]): NodeFact[] =>
  conditions.map((condition) => PRESSURE[condition]);

/** The status of a node that is ready. Conditions keep the transition times of `known`. */
export function nodeStatus(
  facts: NodeFacts,
  known: readonly NodeCondition[],
  now: number,
  images: ContainerImage[] = [],
): NodeStatus {
  const amounts = capacity(facts);
  const told = facts.conditions?.() ?? [];
  const healthy = HEALTHY.filter(({ type }) => !told.some((each) => each.type === type));
  return {
    capacity: amounts,
    allocatable: nodeAllocatable(amounts, facts.limits),
    conditions: [...healthy, ...told].map(({ type, status, reason, message }) => {
      const old = known.find((each) => each.type === type);
      const since = old?.status === status ? old.lastTransitionTime : undefined;
      return {
        type,
        status,
        reason,
        message,
        lastHeartbeatTime: formatTime(now),
        lastTransitionTime: since ?? formatTime(now),
      };
    }),
    addresses: [
      { type: 'InternalIP', address: facts.address },
      { type: 'Hostname', address: facts.name },
    ],
    images,
    ...(facts.strictGroups && { features: { supplementalGroupsPolicy: true } }),
    daemonEndpoints: { kubeletEndpoint: { Port: facts.port } },
    nodeInfo: {
      machineID: read('/etc/machine-id'),
      systemUUID: read('/etc/machine-id'),
      bootID: read('/proc/sys/kernel/random/boot_id'),
      kernelVersion: release(),
      osImage: osImage(),
      containerRuntimeVersion: facts.runtime ?? `ku7s://${process.versions.node}`,
      kubeletVersion: KUBELET_VERSION,
      kubeProxyVersion: '',
      operatingSystem: 'linux',
      architecture,
    },
  };
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return '';
  }
}

const osImage = (): string => /^PRETTY_NAME="?([^"\n]*)/m.exec(read('/etc/os-release'))?.[1] ?? 'Linux';
