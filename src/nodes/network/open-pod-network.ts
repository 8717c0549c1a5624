import { join } from 'node:path';
import type { NodeOptions } from '../contract.ts';
import type { Capabilities } from '../runtimes/process/capabilities.ts';
import { BridgeNetwork } from './bridge-network.ts';
import { LoopbackNetwork } from './loopback-network.ts';
import type { PodNetwork } from './pod-network.ts';

/** A network for each pod where the machine permits it; else they share the host's. @param address of the node */
export async function openPodNetwork(
  { dataDir, podNamespaces, podNetwork = 0, log }: NodeOptions,
  { podNetwork: isPermitted, tools: { ip } }: Capabilities,
  address: string,
): Promise<PodNetwork> {
  const shared = (): LoopbackNetwork => new LoopbackNetwork(join(dataDir, 'pod-addresses.json'));
  if (!isPermitted || ip === undefined || podNamespaces === 'off') return shared();
  try {
    return await BridgeNetwork.open({ ip, directory: join(dataDir, 'network'), first: podNetwork, address });
  } catch (error) {
    log('pods share the network of the host', { error: String(error) });
    return shared();
  }
}
