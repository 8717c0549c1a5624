import { createHash } from 'node:crypto';
import type { NftChain, NftSet, NftTable } from '../network/nftables/nft-table.ts';
import type { PeerSets } from './peer-sets.ts';

/** What policies make of one pod of this node. */
export interface PolicedPod {
  ip: string;
  /** undefined: nothing selects it, all is allowed */
  ingress: readonly string[] | undefined;
  egress: readonly string[] | undefined;
  /** protocols by which it may not ask the cluster's DNS */
  noDns: readonly ('udp' | 'tcp')[];
  /** names of the sets that its rules speak of */
  sets: readonly string[];
}

export interface PolicyScope {
  /** of the link that the agent's pod network is named for */
  link: string;
  dnsIP: string | undefined;
}

/** Answers to what was allowed, which is looked at with each packet: a connection that is no more allowed ends. */
const ANSWERS = ['ct state related accept', 'ct state established ct direction reply accept'];

/**
 * The table of an agent's policies. Packets are judged where the host forwards them or takes them in, out of reach of
 * the pod; by then Services have been resolved. What the host itself sends (probes) does not pass here.
 */
export function policyTable(
  { link, dnsIP }: PolicyScope,
  pods: readonly PolicedPod[],
  sets: Pick<PeerSets, 'elements' | 'sweep' | 'isOfPorts'>,
): NftTable {
  const own = `"${link}-*"`;
  const out = `iifname ${own} ip saddr vmap @egress`;
  const dns = dnsIP ? [`iifname ${own} ct original ip daddr ${dnsIP} goto dns`] : [];
  const hook = (name: string): string => `type filter hook ${name} priority 0; policy accept;`;
  const chains = new Map<string, NftChain>([
    [
      'through',
      {
        hook: hook('forward'),
        rules: [...ANSWERS, 'ip saddr . ip daddr @self accept', out, `oifname ${own} ip daddr vmap @ingress`],
      },
    ],
    ['in', { hook: hook('input'), rules: [...ANSWERS, ...dns, out] }],
    ['dns', { rules: ['ip saddr . meta l4proto @no-dns drop', 'accept'] }],
  ]);
  const names = new Map<readonly string[], string>();
  const jump = (rules: readonly string[]): string => {
    const name = names.get(rules) ?? chainOf(chains, rules);
    names.set(rules, name);
    return `jump ${name}`;
  };
  const ingress = new Map<string, string>();
  const egress = new Map<string, string>();
  const noDns = new Map<string, string>();
  for (const pod of pods) {
    if (pod.ingress) ingress.set(pod.ip, jump(pod.ingress));
    if (pod.egress) egress.set(pod.ip, jump(pod.egress));
    for (const protocol of pod.noDns) noDns.set(`${pod.ip} . ${protocol}`, '');
  }
  const kernelSets = new Map<string, NftSet>([
    ['ingress', { kind: 'map', spec: 'type ipv4_addr : verdict;', elements: ingress }],
    ['egress', { kind: 'map', spec: 'type ipv4_addr : verdict;', elements: egress }],
    ['no-dns', { kind: 'set', spec: 'typeof ip saddr . meta l4proto;', elements: noDns }],
    [
      'self',
      {
        kind: 'set',
        spec: 'typeof ip saddr . ip daddr;',
        elements: new Map(pods.map(({ ip }) => [`${ip} . ${ip}`, ''])),
      },
    ],
  ]);
  for (const name of sets.sweep()) {
    const spec = sets.isOfPorts(name) ? 'typeof ip daddr . meta l4proto . th dport;' : 'type ipv4_addr;';
    kernelSets.set(name, { kind: 'set', spec, elements: sets.elements(name) });
  }
  return { name: `${link}-policy`, chains, sets: kernelSets };
}

/** Pods with the same rules share a chain. */
function chainOf(chains: Map<string, NftChain>, rules: readonly string[]): string {
  const name = `rules-${createHash('sha256').update(rules.join('\n')).digest('hex').slice(0, 20)}`;
  if (!chains.has(name)) chains.set(name, { rules });
  return name;
}
