import type { Node, NodeCondition, Taint } from '../../../../schema/types.ts';
import type { Client } from '../../../client/contract.ts';
import { isStatusError } from '../../../meta/status.ts';
import { formatTime } from '../../../meta/time.ts';
import type { Clock } from '../../../rules/clock.ts';
import { KUBELET_VERSION } from '../../contract.ts';
import { renewLease } from '../../node-lease.ts';

/** What a simulated node says that it has. */
export interface SimulatedCapacity {
  cpu: string;
  memory: string;
  pods: string;
}

/** Where the kubelets of all simulated nodes of a process answer, each to its name. */
export interface SimulatedEndpoint {
  /** of the machine */
  address: string;
  port: number;
}

/** What its Node has from its first moment, besides what every node has. */
export interface NodeMarks {
  labels?: Readonly<Record<string, string>>;
  taints?: readonly Taint[];
}

/** One simulated node: its object and its lease. Requests are made by whoever calls. */
export class SimulatedNode {
  /** as it was written last; there once it is registered */
  object: Node | undefined;
  /** there before it registers, where its kubelet is served */
  kubelet: SimulatedEndpoint | undefined;

  /** @param index of all nodes of the simulation, from 0: its address comes from it */
  constructor(
    readonly name: string,
    readonly index: number,
    readonly client: Client,
    private readonly zone: string,
    private readonly capacity: SimulatedCapacity,
    private readonly clock: Pick<Clock, 'now'>,
    private readonly more: NodeMarks = {},
  ) {}

  get hostIP(): string {
    const { index } = this;
    return `172.${16 + ((index >> 16) & 0x0f)}.${(index >> 8) & 0xff}.${index & 0xff}`;
  }

  /** @throws StatusError */
  async register(): Promise<void> {
    const { name, client } = this;
    const labels = {
      'kubernetes.io/arch': 'amd64',
      'kubernetes.io/hostname': name,
      'kubernetes.io/os': 'linux',
      'topology.kubernetes.io/zone': this.zone,
      ...this.more.labels,
    };
    const { taints } = this.more;
    const spec = taints?.length ? { taints: [...taints] } : {};
    const node = { apiVersion: 'v1', kind: 'Node', metadata: { name, labels }, spec };
    await client.create('nodes', node).catch((error: unknown) => {
      if (!isStatusError(error, 'AlreadyExists')) throw error;
      return client.patch('nodes', '', name, { metadata: { labels } }, { type: 'merge' });
    });
    await this.writeStatus();
    await this.renewLease();
  }

  /** @throws StatusError */
  async renewLease(): Promise<void> {
    await renewLease(this.client, this.clock, this.name, this.object?.metadata.uid ?? '');
  }

  /** @throws StatusError */
  async writeStatus(): Promise<void> {
    const { capacity, name, kubelet } = this;
    const now = formatTime(this.clock.now());
    const condition = (type: string, status: string, reason: string): NodeCondition => ({
      type,
      status,
      reason,
      message: '',
      lastHeartbeatTime: now,
      lastTransitionTime:
        this.object?.status?.conditions?.find((each) => each.type === type)?.lastTransitionTime ?? now,
    });
    const status = {
      capacity,
      allocatable: capacity,
      conditions: [
        condition('MemoryPressure', 'False', 'KubeletHasSufficientMemory'),
        condition('DiskPressure', 'False', 'KubeletHasNoDiskPressure'),
        condition('PIDPressure', 'False', 'KubeletHasSufficientPID'),
        condition('Ready', 'True', 'KubeletReady'),
      ],
      addresses: [
        { type: 'InternalIP', address: this.hostIP },
        { type: 'Hostname', address: name },
        // its own address leads nowhere
        ...(kubelet ? [{ type: 'InternalDNS', address: kubelet.address }] : []),
      ],
      ...(kubelet && { daemonEndpoints: { kubeletEndpoint: { Port: kubelet.port } } }),
      nodeInfo: {
        machineID: '',
        systemUUID: '',
        bootID: '',
        kernelVersion: '',
        osImage: 'simulated',
        containerRuntimeVersion: 'simulated://1',
        kubeletVersion: KUBELET_VERSION,
        kubeProxyVersion: '',
        operatingSystem: 'linux',
        architecture: 'amd64',
      },
    };
    this.object = await this.client.patch('nodes', '', name, { status }, { type: 'strategic', subresource: 'status' });
  }
}
