import { writeFileSync } from 'node:fs';
import type { ServiceProxyMode } from '../contract.ts';
import { BridgeNetwork } from './bridge-network.ts';
import { defaultLinks } from './node-address.ts';
import { NftablesProxy } from './nftables/nftables-proxy.ts';
import { whyNoNft } from './nftables/nft.ts';
import { serviceTable, type Scope } from './nftables/service-table.ts';
import type { PodNetwork } from './pod-network.ts';
import { HEALTHZ_PORT, ProxyHealth } from './proxy-health.ts';
import type { ServiceProxy, ServiceProxyOptions } from './service-proxy.ts';
import { UserspaceProxy } from './userspace-proxy.ts';

export type ProxyKind = Exclude<ServiceProxyMode, 'auto'>;

/** What this machine permits, and why not more. */
export interface Permitted {
  kind: ProxyKind;
  /** empty where nftables is used, or was not asked for */
  reason: string;
}

/** Tries what is asked for. @throws Error where nftables alone was asked for and the machine does not permit it */
export function permittedProxy(mode: ServiceProxyMode, network: PodNetwork): Permitted {
  if (mode === 'userspace') return { kind: 'userspace', reason: '' };
  const reason =
    network instanceof BridgeNetwork
      ? whyNoNft(serviceTable(scopeOf(network), [], [], () => false))
      : 'pods have no network of their own';
  if (reason === undefined) return { kind: 'nftables', reason: '' };
  if (mode === 'nftables') throw new Error(`--service-proxy nftables: ${reason}`);
  return { kind: 'userspace', reason };
}

/** The proxy, with kube-proxy's health endpoints beside it. */
export function openServiceProxy(
  kind: ProxyKind,
  network: PodNetwork,
  options: Omit<ServiceProxyOptions, 'progress'>,
): ServiceProxy {
  const health = new ProxyHealth(options.clock, () => options.nodes.get('', options.nodeName));
  const isHealthy = (): boolean => health.isHealthy;
  const common = { ...options, progress: health, isHealthy };
  const proxy =
    kind === 'nftables' && network instanceof BridgeNetwork
      ? new NftablesProxy({
          ...common,
          scope: { ...scopeOf(network), nodePortAddresses: options.nodePortAddresses },
          gateway: network.gateway,
          isOwn: (address) => address.startsWith(network.cidr.slice(0, network.cidr.lastIndexOf('.') + 1)),
        })
      : new UserspaceProxy({ ...common, link: network instanceof BridgeNetwork ? network.bridge : undefined });
  // Its pods reach what the agent listens on that serves the machine.
  if (kind === 'userspace' && !options.servesMachine)
    return { start: async () => undefined, stop: async () => undefined };
  return {
    async start() {
      if (kind === 'nftables') for (const link of defaultLinks()) forward(link);
      await proxy.start();
      if (!options.servesMachine) return;
      await health.listen(HEALTHZ_PORT, '0.0.0.0').catch((error: Error) => {
        const about = { apiVersion: 'v1', kind: 'Node', metadata: { name: options.nodeName, uid: options.nodeName } };
        options.events.event(about, 'Warning', 'FailedToStartProxierHealthcheck', error.message);
        options.log('the health of the service proxy is not served', { error: error.message });
      });
    },
    async stop(keep) {
      health.close();
      await proxy.stop(keep);
    },
  };
}

const scopeOf = ({ bridge, cidr }: BridgeNetwork): Scope => ({ name: bridge, cidr, nodePortAddresses: undefined });

/** Answers from outside must be let through to the pods that asked. */
function forward(link: string): void {
  try {
    writeFileSync(`/proc/sys/net/ipv4/conf/${link}/forwarding`, '1');
  } catch {
    return;
  }
}
