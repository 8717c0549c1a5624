import { PluginClient } from '../../../rules/csi/plugin-client.ts';

/** A CSI driver that is registered with this node. */
export interface NodeDriver {
  name: string;
  client: PluginClient;
  /** how the driver names this node */
  nodeId: string;
  /** volumes that it takes here; 0 for no limit */
  maxVolumes: number;
  /** where this node is, in the driver's own terms */
  topology: Readonly<Record<string, string>>;
  /** `STAGE_UNSTAGE_VOLUME` and the like */
  can: ReadonlySet<string>;
}

/** How long a driver may take to say what it is, ms. */
const HELLO_MS = 15_000;

/** Asks a driver what it is and can. @param endpoint path of its socket @throws PluginError, Error for a driver without an id */
export async function connectDriver(name: string, endpoint: string): Promise<NodeDriver> {
  const client = await PluginClient.open(endpoint.replace(/^unix:(\/\/)?/, ''));
  try {
    const info = await client.call('csi.v1.Node/NodeGetInfo', {}, HELLO_MS);
    if (!info.node_id) throw new Error(`driver ${name} has no id for this node`);
    const { capabilities } = await client.call('csi.v1.Node/NodeGetCapabilities', {}, HELLO_MS);
    return {
      name,
      client,
      nodeId: info.node_id,
      maxVolumes: info.max_volumes_per_node,
      topology: info.accessible_topology?.segments ?? {},
      can: new Set(capabilities.flatMap(({ rpc }) => rpc?.type ?? [])),
    };
  } catch (error) {
    client.close();
    throw error;
  }
}
