import { readFileSync } from 'node:fs';
import type { ConfigMap } from '../../../schema/types.ts';
import { parseUpstream, type Upstream } from './forwarder.ts';

/** Servers by the domain that they are asked for; what is not said by a domain is asked of the others. */
export interface Routes {
  /** lower case, without final dot */
  stubs: ReadonlyMap<string, readonly Upstream[]>;
  others: readonly Upstream[];
}

/** Of one ConfigMap. */
const MAX_STUBS = 256;
const MAX_SERVERS = 8;

/** The servers for a name: those of the longest stub domain that it is below of. @param name lower case */
export function serversFor(name: string, { stubs, others }: Routes): readonly Upstream[] {
  for (let rest = name; ; rest = rest.slice(rest.indexOf('.') + 1)) {
    const servers = stubs.get(rest);
    if (servers) return servers;
    if (!rest.includes('.')) return others;
  }
}

/**
 * What the ConfigMap `kube-system/kube-dns` says, in the form that it has had since kube-dns 1.6: `stubDomains`, a JSON
 * object of lists of servers, and `upstreamNameservers`, a JSON list. Throws Error that says what cannot be read.
 */
export function routesOf({ data = {} }: Pick<ConfigMap, 'data'>, hosts: readonly Upstream[]): Routes {
  const stubs = new Map<string, readonly Upstream[]>();
  const domains = parsed(data.stubDomains ?? '{}', 'stubDomains');
  if (typeof domains !== 'object' || domains === null || Array.isArray(domains))
    throw new Error('stubDomains is no object');
  for (const [domain, servers] of Object.entries(domains).slice(0, MAX_STUBS))
    stubs.set(domain.toLowerCase().replace(/\.$/, ''), serversOf(servers, `stubDomains of ${domain}`));
  const others = data.upstreamNameservers;
  return { stubs, others: others ? serversOf(parsed(others, 'upstreamNameservers'), 'upstreamNameservers') : hosts };
}

function parsed(text: string, field: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error(`${field} is no JSON`);
  }
}

function serversOf(list: unknown, field: string): Upstream[] {
  if (!Array.isArray(list)) throw new Error(`${field} is no list`);
  return list.slice(0, MAX_SERVERS).map((text: unknown) => {
    const server = typeof text === 'string' ? parseUpstream(text) : undefined;
    if (!server) throw new Error(`${field} has a server that is no address: ${JSON.stringify(text)}`);
    return server;
  });
}

/** Those of the host. */
export function hostServers(file = '/etc/resolv.conf'): Upstream[] {
  try {
    const lines = readFileSync(file, 'utf8').matchAll(/^nameserver\s+(\S+)/gm);
    return [...lines].flatMap(([, text = '']) => parseUpstream(text) ?? []);
  } catch {
    return [];
  }
}
