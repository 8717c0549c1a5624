import type { Target } from '../../../rules/relay/target.ts';
import type { HostPort } from '../host-ports.ts';
import type { ServiceRoute } from '../service-routes.ts';
import type { NftChain, NftSet, NftTable } from './nft-table.ts';

/** Whose rules they are, and for whom. */
export interface Scope {
  /** of the table, and of the link that the agent's pod network is named for */
  name: string;
  /** the pods' addresses: `10.244.0.0/24` */
  cidr: string;
  /** addresses on which node ports are served; undefined: all of the node's */
  nodePortAddresses: readonly string[] | undefined;
}

/** What one route puts into the table. */
interface Part {
  chains: Map<string, NftChain>;
  /** affinity of clients, which the kernel fills */
  affinity: Map<string, NftSet>;
  /** by map: key → verdict */
  elements: [map: ServiceMap, key: string, value: string][];
}

/** Of routes that have not changed since. */
const parts = new WeakMap<ServiceRoute, Part>();

type ServiceMap = 'cluster-ips' | 'external-ips' | 'node-ports' | 'unserved-ips' | 'unserved-ports';

const PLACE = 'ip daddr . meta l4proto . th dport';
const PORT = 'meta l4proto . th dport';
/** Clients whose endpoint is remembered, of one endpoint. */
const MAX_CLIENTS = 65_535;
const PLACE_TYPE = 'typeof ip daddr . meta l4proto . th dport';
const PORT_TYPE = 'typeof meta l4proto . th dport';

/**
 * The table of an agent's Services. It is the kernel that leads each connection to an endpoint, chosen by chance, and
 * keeps who made it; only what would not find its way back gets this machine's address (a pod that reaches itself, an
 * endpoint elsewhere). What is another agent's, on the same machine, is left to its own table.
 */
export function serviceTable(
  scope: Scope,
  routes: readonly ServiceRoute[],
  hostPorts: readonly HostPort[],
  isOwn: (address: string) => boolean,
): NftTable {
  const maps: Record<ServiceMap, Map<string, string>> = {
    'cluster-ips': new Map(),
    'external-ips': new Map(),
    'node-ports': new Map(),
    'unserved-ips': new Map(),
    'unserved-ports': new Map(),
  };
  const chains = new Map(baseChains(scope));
  const sets = new Map<string, NftSet>();
  const targets = new Map<string, Target>();
  for (const route of routes) {
    const part = parts.get(route) ?? partOf(route);
    parts.set(route, part);
    for (const [name, chain] of part.chains) chains.set(name, chain);
    for (const [name, set] of part.affinity) sets.set(name, set);
    // Of two Services with one external IP and port, the first has it.
    for (const [map, key, value] of part.elements) if (!isTaken(maps, map, key)) maps[map].set(key, value);
    for (const target of [...route.endpoints.cluster, ...route.endpoints.local])
      targets.set(targetName(target), target);
  }
  const verdicts = (type: string, map: ServiceMap): [string, NftSet] => [
    map,
    { kind: 'map', spec: `${type} : verdict;`, elements: maps[map] },
  ];
  for (const [name, set] of [
    verdicts(PLACE_TYPE, 'cluster-ips'),
    verdicts(PLACE_TYPE, 'external-ips'),
    verdicts(PORT_TYPE, 'node-ports'),
    verdicts(PLACE_TYPE, 'unserved-ips'),
    verdicts(PORT_TYPE, 'unserved-ports'),
    ...hostPortMaps(hostPorts),
    ...returnSets([...targets.values()], hostPorts, isOwn),
  ])
    sets.set(name, set);
  return { name: scope.name, chains, sets };
}

const isTaken = (maps: Record<ServiceMap, ReadonlyMap<string, string>>, map: ServiceMap, key: string): boolean =>
  map === 'node-ports' || map === 'unserved-ports'
    ? maps['node-ports'].has(key) || maps['unserved-ports'].has(key)
    : maps['cluster-ips'].has(key) || maps['external-ips'].has(key) || maps['unserved-ips'].has(key);

/** Links of an agent's pods are named `NAME-NUMBER`, those of any agent `ku7s…`. */
function baseChains({ name, cidr, nodePortAddresses }: Scope): [string, NftChain][] {
  const own = `iifname "${name}-*"`;
  const nodePort = nodePortAddresses
    ? `ip daddr { ${nodePortAddresses.join(', ')} }`
    : 'fib daddr type local ip daddr != 127.0.0.0/8';
  const transport = 'meta l4proto { tcp, udp, sctp }';
  const find = [
    `${PLACE} vmap @cluster-ips`,
    `${PLACE} vmap @external-ips`,
    `${nodePort} ${PORT} vmap @node-ports`,
    `${transport} dnat ip to ${PLACE} map @host-ip-ports`,
    `fib daddr type local ip daddr != 127.0.0.0/8 ${transport} dnat ip to ${PORT} map @host-ports`,
  ];
  const unserved = [
    `ct state new ${PLACE} vmap @unserved-ips`,
    `ct state new ${nodePort} ${PORT} vmap @unserved-ports`,
  ];
  const foreign = 'iifname "ku7s*"';
  return [
    ['refuse', { rules: ['meta l4proto tcp reject with tcp reset', 'reject'] }],
    [
      'early',
      {
        hook: 'type filter hook prerouting priority -110; policy accept;',
        rules: [`${own} ip saddr != ${cidr} drop`, `${own} jump unserved`, `${foreign} return`, 'jump unserved'],
      },
    ],
    ['early-host', { hook: 'type filter hook output priority -90; policy accept;', rules: ['jump unserved'] }],
    ['unserved', { rules: unserved }],
    [
      'come',
      {
        hook: 'type nat hook prerouting priority -100; policy accept;',
        rules: [`${own} goto find`, `${foreign} goto find-port`, 'goto find'],
      },
    ],
    ['come-host', { hook: 'type nat hook output priority -100; policy accept;', rules: ['goto find'] }],
    ['find', { rules: find }],
    ['find-port', { rules: find.slice(1) }],
    [
      'leave',
      {
        hook: 'type nat hook postrouting priority 100; policy accept;',
        rules: [
          'ct status dnat ip saddr . ip daddr @hairpin masquerade',
          'oifname "lo" return',
          'oifname "ku7s*" return',
          `ct status dnat ${PLACE} @elsewhere masquerade`,
          `ip saddr ${cidr} masquerade`,
        ],
      },
    ],
  ];
}

function partOf(route: ServiceRoute): Part {
  const part: Part = { chains: new Map(), affinity: new Map(), elements: [] };
  const { name, endpoints, internal, external, port, sourceRanges } = route;
  const protocol = route.protocol.toLowerCase();
  const any = endpoints.cluster.length + endpoints.local.length > 0;
  const place = (ip: string): string => `${ip} . ${protocol} . ${port}`;
  const cluster = balance(part, route, 'all', endpoints.cluster);
  const local = balance(part, route, 'local', endpoints.local);
  const inner = internal === 'Local' ? local : cluster;
  for (const ip of route.clusterIPs) {
    if (inner) part.elements.push(['cluster-ips', place(ip), `goto ${inner}`]);
    else part.elements.push(['unserved-ips', place(ip), any ? 'drop' : 'goto refuse']);
  }
  if (!any) {
    for (const ip of [...route.externalIPs, ...route.loadBalancerIPs])
      part.elements.push(['unserved-ips', place(ip), 'goto refuse']);
    if (route.nodePort) part.elements.push(['unserved-ports', `${protocol} . ${route.nodePort}`, 'goto refuse']);
    return part;
  }
  if (!route.nodePort && !route.externalIPs.length && !route.loadBalancerIPs.length) return part;
  const outer = external === 'Local' ? outside(part, name, cluster, local) : cluster!;
  for (const ip of route.externalIPs) part.elements.push(['external-ips', place(ip), `goto ${outer}`]);
  const balanced = sourceRanges.length ? firewall(part, name, sourceRanges, outer) : outer;
  for (const ip of route.loadBalancerIPs) part.elements.push(['external-ips', place(ip), `goto ${balanced}`]);
  if (route.nodePort) part.elements.push(['node-ports', `${protocol} . ${route.nodePort}`, `goto ${outer}`]);
  return part;
}

/** A chain that leads to one of the targets; undefined without any. */
function balance(part: Part, route: ServiceRoute, which: string, targets: readonly Target[]): string | undefined {
  if (!targets.length) return undefined;
  const { name, affinitySeconds } = route;
  const chain = `${which}-${name}`;
  const protocol = `meta l4proto ${route.protocol.toLowerCase()}`;
  if (!affinitySeconds) {
    const [first] = targets;
    const to =
      targets.length === 1
        ? `${first!.address}:${first!.port}`
        : `numgen random mod ${targets.length} map { ${targets
            .map(({ address, port }, n) => `${n} : ${address} . ${port}`)
            .join(', ')} }`;
    part.chains.set(chain, { rules: [`${protocol} dnat ip to ${to}`] });
    return chain;
  }
  const rules: string[] = [];
  const choices: string[] = [];
  for (const [n, target] of targets.entries()) {
    const set = `kept-${name}/${targetName(target)}/${affinitySeconds}`;
    const end = `to-${name}/${targetName(target)}`;
    const spec = `type ipv4_addr; size ${MAX_CLIENTS}; flags dynamic,timeout; timeout ${affinitySeconds}s;`;
    part.affinity.set(set, { kind: 'set', spec, elements: undefined });
    part.chains.set(end, {
      rules: [`update @${set} { ip saddr }`, `${protocol} dnat ip to ${target.address}:${target.port}`],
    });
    rules.push(`ip saddr @${set} goto ${end}`);
    choices.push(`${n} : goto ${end}`);
  }
  rules.push(`numgen random mod ${targets.length} vmap { ${choices.join(', ')} }`);
  part.chains.set(chain, { rules });
  return chain;
}

/**
 * From outside to this node's endpoints alone, dropped where there are none; who calls from the machine or its pods is
 * not outside.
 */
function outside(part: Part, name: string, cluster: string | undefined, local: string | undefined): string {
  const chain = `outer-${name}`;
  const inner = cluster ? [`iifname "ku7s*" goto ${cluster}`, `fib saddr type local goto ${cluster}`] : [];
  part.chains.set(chain, { rules: [...inner, local ? `goto ${local}` : 'drop'] });
  return chain;
}

/** loadBalancerSourceRanges */
function firewall(part: Part, name: string, ranges: readonly string[], next: string): string {
  const chain = `from-${name}`;
  const allowed = [...ranges.map((range) => `ip saddr ${range}`), 'fib saddr type local'];
  part.chains.set(chain, { rules: [...allowed.map((each) => `${each} goto ${next}`), 'drop'] });
  return chain;
}

function hostPortMaps(hostPorts: readonly HostPort[]): [string, NftSet][] {
  const byPort = new Map<string, string>();
  const byPlace = new Map<string, string>();
  for (const { protocol, hostIP, port, address, targetPort } of hostPorts) {
    const from = `${protocol.toLowerCase()} . ${port}`;
    const to = `${address} . ${targetPort}`;
    if (hostIP) byPlace.set(`${hostIP} . ${from}`, to);
    else byPort.set(from, to);
  }
  const to = ': ip daddr . th dport;';
  return [
    ['host-ports', { kind: 'map', spec: `${PORT_TYPE} ${to}`, elements: byPort }],
    ['host-ip-ports', { kind: 'map', spec: `${PLACE_TYPE} ${to}`, elements: byPlace }],
  ];
}

/** Whose answers would not come back by themselves. */
function returnSets(
  targets: readonly Target[],
  hostPorts: readonly HostPort[],
  isOwn: (address: string) => boolean,
): [string, NftSet][] {
  const own = new Set([...targets, ...hostPorts].map(({ address }) => address).filter(isOwn));
  const elsewhere = targets.filter(({ address }) => !isOwn(address));
  const set = (spec: string, keys: Iterable<string>): NftSet => ({
    kind: 'set',
    spec,
    elements: new Map([...keys].map((key) => [key, ''])),
  });
  return [
    [
      'hairpin',
      set(
        'typeof ip saddr . ip daddr;',
        [...own].map((ip) => `${ip} . ${ip}`),
      ),
    ],
    [
      'elsewhere',
      set(
        `${PLACE_TYPE};`,
        elsewhere.flatMap(({ address, port }) => ['tcp', 'udp', 'sctp'].map((p) => `${address} . ${p} . ${port}`)),
      ),
    ],
  ];
}

const targetName = ({ address, port }: Target): string => `${address}/${port}`;
