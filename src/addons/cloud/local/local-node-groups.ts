import type { Node } from '../../../../schema/types.ts';
import type { Client, Informer } from '../../../client/contract.ts';
import { unlessGone } from '../../../control/conflict.ts';
import { errorMessage } from '../../../meta/error-message.ts';
import { generateName } from '../../../meta/names-generate.ts';
import type { NewNode, StartNode } from '../../lent.ts';
import { UNINITIALIZED } from '../controllers/cloud-node.ts';
import type { NodeGroupSpec } from '../node-group-settings.ts';
import type { NodeGroup, NodeGroups } from '../provider.ts';

/** On a node: of which group it is. */
export const GROUP_LABEL = 'ku7s.io/node-group';

export interface LocalNodeGroupsOptions {
  groups: readonly NodeGroupSpec[];
  nodes: Informer<Node>;
  client: Client;
  startNode: StartNode;
  random(): number;
  log(message: string, fields?: Record<string, unknown>): void;
}

/** Groups of nodes of this process. Which there are is what the cluster has of them: they go on after a restart. */
export class LocalNodeGroups implements NodeGroups {
  private readonly groups: ReadonlyMap<string, LocalNodeGroup>;
  private adopting: Promise<void> | undefined;

  constructor(private readonly options: LocalNodeGroupsOptions) {
    this.groups = new Map(options.groups.map((spec) => [spec.name, new LocalNodeGroup(spec, options)]));
  }

  ready(): Promise<void> {
    return (this.adopting ??= this.adopt());
  }

  all(): readonly NodeGroup[] {
    return [...this.groups.values()];
  }

  groupOf({ metadata }: Node): LocalNodeGroup | undefined {
    return this.groups.get(metadata.labels?.[GROUP_LABEL] ?? '');
  }

  async close(): Promise<void> {
    await this.adopting?.catch(() => undefined);
    await Promise.all([...this.groups.values()].map((group) => group.close()));
  }

  private async adopt(): Promise<void> {
    const { nodes, log } = this.options;
    await nodes.whenSynced();
    for (const group of this.groups.values()) {
      const names = nodes
        .list()
        .filter((node) => this.groupOf(node) === group)
        .map(({ metadata }) => metadata.name);
      try {
        await Promise.all(names.map((name) => group.start(name)));
        await group.increase(Math.max(0, group.minSize - names.length));
      } catch (error) {
        log('nodes of a group could not be started', { group: group.id, error: errorMessage(error) });
      }
    }
  }
}

class LocalNodeGroup implements NodeGroup {
  /** those that are being started too: its Node may be there before the machine answers */
  private readonly machines = new Map<string, Promise<{ stop(): Promise<void> }>>();

  constructor(
    readonly spec: NodeGroupSpec,
    private readonly options: LocalNodeGroupsOptions,
  ) {}

  get id(): string {
    return this.spec.name;
  }
  get minSize(): number {
    return this.spec.min;
  }
  get maxSize(): number {
    return this.spec.max;
  }
  get targetSize(): number {
    return this.machines.size;
  }

  has(name: string): boolean {
    return this.machines.has(name);
  }

  template(name: string): Node {
    const { capacity, zone, labels, taints } = this.newNode(name);
    return {
      metadata: {
        name,
        uid: name,
        resourceVersion: '',
        creationTimestamp: '',
        labels: { ...labels, 'topology.kubernetes.io/zone': zone, 'topology.kubernetes.io/region': 'local' },
      },
      spec: { taints: taints.filter(({ key }) => key !== UNINITIALIZED) },
      status: { capacity, allocatable: capacity, conditions: [{ type: 'Ready', status: 'True' }] },
    };
  }

  async increase(by: number): Promise<void> {
    const { random } = this.options;
    const names = Array.from({ length: by }, () => generateName(`${this.id}-`, (max) => Math.floor(random() * max)));
    const started = await Promise.allSettled(names.map((name) => this.start(name)));
    for (const each of started) if (each.status === 'rejected') throw each.reason;
  }

  async start(name: string): Promise<void> {
    if (this.machines.has(name)) return;
    const starting = this.options.startNode(this.newNode(name));
    this.machines.set(name, starting);
    try {
      await starting;
    } catch (error) {
      this.machines.delete(name);
      throw error;
    }
  }

  async delete(node: string): Promise<void> {
    const machine = this.machines.get(node);
    if (!machine) return;
    await (await machine).stop();
    this.machines.delete(node);
    await unlessGone(this.options.client.delete('nodes', '', node));
  }

  async close(): Promise<void> {
    const machines = await Promise.allSettled(this.machines.values());
    this.machines.clear();
    await Promise.all(machines.flatMap((each) => (each.status === 'fulfilled' ? [each.value.stop()] : [])));
  }

  private newNode(name: string): NewNode {
    const { name: group, runtime, cpu, memory, pods, zone, labels, taints } = this.spec;
    return {
      name,
      runtime,
      capacity: { cpu, memory, pods },
      zone,
      labels: {
        'kubernetes.io/arch': 'amd64',
        'kubernetes.io/hostname': name,
        'kubernetes.io/os': 'linux',
        ...labels,
        [GROUP_LABEL]: group,
      },
      taints: [...taints, { key: UNINITIALIZED, value: 'true', effect: 'NoSchedule' }],
    };
  }
}
