import type { CSINode, CSINodeDriver } from '../../../../schema/types.ts';
import type { Client } from '../../../client/contract.ts';
import { unlessGone } from '../../../control/conflict.ts';
import { isStatusError } from '../../../meta/status.ts';
import type { NodeDriver } from './node-driver.ts';

const NODES = 'csinodes.storage.k8s.io';
const NODE_IDS = 'csi.volume.kubernetes.io/nodeid';
/** Others may write the same object at the same time: this often it is tried again. */
const ATTEMPTS = 10;

/**
 * What the cluster knows of the CSI drivers of a node: its CSINode, the ids in an annotation and the topology in labels
 * of its Node. Source: pkg/volume/csi/nodeinfomanager.
 */
export class CsiNodeObject {
  constructor(
    private readonly client: Client,
    private readonly name: string,
  ) {}

  /** @throws Error where a label of the driver's topology is set to something else by another driver */
  async add(driver: NodeDriver): Promise<void> {
    const node = await this.client.get('nodes', '', this.name);
    const ids = JSON.parse(node.metadata.annotations?.[NODE_IDS] ?? '{}') as Record<string, string>;
    for (const [key, value] of Object.entries(driver.topology)) {
      const now = node.metadata.labels?.[key];
      if (now !== undefined && now !== value)
        throw new Error(
          `detected topology value collision: driver reported "${key}":"${value}" but existing label is "${key}":"${now}"`,
        );
    }
    const annotations = { [NODE_IDS]: JSON.stringify({ ...ids, [driver.name]: driver.nodeId }) };
    const metadata = { annotations, labels: driver.topology };
    await this.client.patch('nodes', '', this.name, { metadata }, { type: 'merge' });
    const entry: CSINodeDriver = {
      name: driver.name,
      nodeID: driver.nodeId,
      topologyKeys: Object.keys(driver.topology),
      ...(driver.maxVolumes > 0 && { allocatable: { count: driver.maxVolumes } }),
    };
    await this.change((drivers) => [...drivers.filter(({ name }) => name !== driver.name), entry]);
  }

  async remove(name: string): Promise<void> {
    await this.change((drivers) => drivers.filter((driver) => driver.name !== name));
    const node = await unlessGone(this.client.get('nodes', '', this.name));
    const text = node?.metadata.annotations?.[NODE_IDS];
    if (!text) return;
    const { [name]: _, ...ids } = JSON.parse(text) as Record<string, string>;
    const annotations = { [NODE_IDS]: Object.keys(ids).length ? JSON.stringify(ids) : null };
    await this.client.patch('nodes', '', this.name, { metadata: { annotations } }, { type: 'merge' });
  }

  /** Makes it where it is missing. @param names of the drivers that there are: others have gone while no agent ran */
  async begin(names: readonly string[]): Promise<void> {
    await this.change((drivers) => drivers.filter(({ name }) => names.includes(name)));
  }

  private async change(next: (drivers: readonly CSINodeDriver[]) => CSINodeDriver[]): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        const now = (await unlessGone(this.client.get(NODES, '', this.name))) ?? (await this.create());
        // an empty list comes back as null
        const before: readonly CSINodeDriver[] = (now.spec.drivers as CSINodeDriver[] | null) ?? [];
        const drivers = next(before);
        if (JSON.stringify(drivers) !== JSON.stringify(before))
          await this.client.update(NODES, { ...now, spec: { ...now.spec, drivers } });
        return;
      } catch (error) {
        const again = isStatusError(error, 'Conflict') || isStatusError(error, 'AlreadyExists');
        if (!again || attempt === ATTEMPTS) throw error;
      }
    }
  }

  private async create(): Promise<CSINode> {
    const { uid } = (await this.client.get('nodes', '', this.name)).metadata;
    return this.client.create(NODES, {
      apiVersion: 'storage.k8s.io/v1',
      kind: 'CSINode',
      metadata: { name: this.name, ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name: this.name, uid }] },
      spec: { drivers: [] },
    });
  }
}
