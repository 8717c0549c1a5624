import { execFile } from 'node:child_process';
import type { ServiceRoute } from '../service-routes.ts';

/** A place that leads to endpoints over UDP. */
export interface Flow {
  /** the address that clients know; undefined: any of the node's */
  ip: string | undefined;
  port: number;
  /** `address:port` of where it leads */
  endpoints: ReadonlySet<string>;
}

/** Flows dropped by one change; more end by themselves, when they have been silent. */
const MAX_DROPS = 256;
const NOT_FOUND = 'ENOENT';

/** By `ip:port` of the place. UDP alone: connections of the others end with their endpoint. */
export function flowsOf(routes: readonly ServiceRoute[]): Map<string, Flow> {
  const flows = new Map<string, Flow>();
  for (const route of routes) {
    if (route.protocol !== 'UDP') continue;
    const { cluster, local } = route.endpoints;
    const endpoints = new Set([...cluster, ...local].map(({ address, port }) => `${address}:${port}`));
    const add = (ip: string | undefined, port: number): void =>
      void flows.set(`${ip ?? ''}:${port}`, { ip, port, endpoints });
    for (const ip of [...route.clusterIPs, ...route.externalIPs, ...route.loadBalancerIPs]) add(ip, route.port);
    if (route.nodePort) add(undefined, route.nodePort);
  }
  return flows;
}

/**
 * What conntrack must forget: a client that goes on sending from one port keeps the endpoint that it had, though it be
 * gone, and one that sent to a Service without endpoints would never reach the first. In the words of conntrack(8).
 */
export function staleFlows(before: ReadonlyMap<string, Flow>, after: ReadonlyMap<string, Flow>): string[][] {
  const drops: string[][] = [];
  for (const [key, { ip, port, endpoints }] of before) {
    const now = after.get(key)?.endpoints;
    const place = ['-D', '-p', 'udp', ...(ip ? ['--orig-dst', ip] : []), '--orig-port-dst', String(port)];
    for (const endpoint of endpoints) {
      if (now?.has(endpoint)) continue;
      const [address = '', number = ''] = endpoint.split(':');
      drops.push([...place, '--reply-src', address, '--reply-port-src', number]);
    }
    if (!endpoints.size && now?.size) drops.push(place);
  }
  return drops.slice(0, MAX_DROPS);
}

/** By `conntrack`, where the machine has it; elsewhere such flows end when the client is silent for half a minute. */
export async function dropStaleFlows(
  before: ReadonlyMap<string, Flow>,
  after: ReadonlyMap<string, Flow>,
): Promise<void> {
  for (const args of staleFlows(before, after)) if (!(await conntrack(args))) return;
}

/** False where there is no such program. It ends with 1 when there was nothing to delete. */
function conntrack(args: readonly string[]): Promise<boolean> {
  return new Promise((resolve) => {
    execFile('conntrack', args, (error) => resolve((error as NodeJS.ErrnoException | null)?.code !== NOT_FOUND));
  });
}
