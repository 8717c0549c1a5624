import { isIPv4 } from 'node:net';
import type { NetworkPolicy, NetworkPolicyPeer, NetworkPolicyPort, Pod } from '../../../schema/types.ts';
import type { PeerSets } from './peer-sets.ts';
import { podPort } from './pod-port.ts';

export type Direction = 'Ingress' | 'Egress';

const EVERY_POD = { namespace: undefined, namespaceSelector: undefined, podSelector: {} };

/** Whether the policy says anything of the direction (policyTypes and their default). */
export const speaksOf = ({ spec }: NetworkPolicy, direction: Direction): boolean =>
  spec?.policyTypes?.length
    ? spec.policyTypes.includes(direction)
    : direction === 'Ingress' || (spec?.egress?.length ?? 0) > 0;

/**
 * What a policy allows a pod that it selects, as rules that return. They are the same for all pods that it selects,
 * unless ports are named.
 */
export function policyRules(
  pod: Pod,
  { metadata, spec }: NetworkPolicy,
  direction: Direction,
  sets: Pick<PeerSets, 'nameOf'>,
): string[] {
  const rules = new Set<string>();
  const given =
    direction === 'Ingress'
      ? (spec?.ingress ?? []).map(({ from, ports }) => ({ peers: from, ports }))
      : (spec?.egress ?? []).map(({ to, ports }) => ({ peers: to, ports }));
  for (const { peers = [], ports = [] } of given) {
    const parts = portsOf(ports, pod, direction);
    const places = peers.length
      ? peers.flatMap((peer) => peerOf(peer, metadata.namespace ?? '', direction, sets) ?? [])
      : [''];
    for (const place of places)
      for (const port of parts.numbers) rules.add([place, port, 'return'].filter(Boolean).join(' '));
    for (const named of parts.named) {
      const pods = peers.length
        ? peers.filter(({ ipBlock }) => !ipBlock).map((peer) => selectorOf(peer, metadata.namespace ?? ''))
        : [EVERY_POD];
      for (const selector of pods)
        rules.add(`ip daddr . meta l4proto . th dport @${sets.nameOf({ ...selector, named })} return`);
    }
  }
  return [...rules];
}

const selectorOf = ({ namespaceSelector, podSelector }: NetworkPolicyPeer, namespace: string) => ({
  namespace: namespaceSelector ? undefined : namespace,
  namespaceSelector,
  podSelector: podSelector ?? {},
});

/** What a packet is compared with for one peer; undefined for one that no IPv4 address can be. */
function peerOf(
  peer: NetworkPolicyPeer,
  namespace: string,
  direction: Direction,
  sets: Pick<PeerSets, 'nameOf'>,
): string | undefined {
  const side = direction === 'Ingress' ? 'ip saddr' : 'ip daddr';
  if (!peer.ipBlock) return `${side} @${sets.nameOf(selectorOf(peer, namespace))}`;
  const { cidr, except = [] } = peer.ipBlock;
  if (!isCidr(cidr)) return undefined;
  return [`${side} ${cidr}`, ...except.filter(isCidr).map((each) => `${side} != ${each}`)].join(' ');
}

interface Ports {
  /** '' for all */
  numbers: string[];
  /** ports of the peers, for egress */
  named: { name: string; protocol: string }[];
}

/** Ranges are merged: nft refuses such as overlap. */
function portsOf(ports: readonly NetworkPolicyPort[], pod: Pod, direction: Direction): Ports {
  if (!ports.length) return { numbers: [''], named: [] };
  const ranges = new Map<string, [number, number][]>();
  const whole = new Set<string>();
  const named: Ports['named'] = [];
  for (const { protocol = 'TCP', port, endPort } of ports) {
    const number = typeof port === 'string' && direction === 'Ingress' ? podPort(pod, port, protocol) : port;
    if (port === undefined) whole.add(protocol);
    else if (typeof number === 'string') named.push({ name: number, protocol });
    else if (number) ranges.set(protocol, [...(ranges.get(protocol) ?? []), [number, endPort ?? number]]);
  }
  const numbers = [...whole].map((protocol) => `meta l4proto ${protocol.toLowerCase()}`);
  for (const [protocol, given] of ranges)
    if (!whole.has(protocol)) numbers.push(`${protocol.toLowerCase()} dport { ${merged(given).join(', ')} }`);
  return { numbers, named };
}

function merged(ranges: readonly [number, number][]): string[] {
  const result: [number, number][] = [];
  for (const [from, to] of ranges.toSorted((a, b) => a[0] - b[0])) {
    const last = result.at(-1);
    if (last && from <= last[1] + 1) last[1] = Math.max(last[1], to);
    else result.push([from, to]);
  }
  return result.map(([from, to]) => (from === to ? String(from) : `${from}-${to}`));
}

export const isCidr = (text: string): boolean => {
  const [address = '', bits = ''] = text.split('/');
  return isIPv4(address) && /^\d{1,2}$/.test(bits) && Number(bits) <= 32;
};
