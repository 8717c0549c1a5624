import type { Pod, PodDNSConfigOption } from '../../../schema/types.ts';

/** What resolvers take: servers, search paths, characters of all paths together and of one. */
const MAX_SERVERS = 3;
const MAX_SEARCHES = 32;
const MAX_SEARCH_CHARACTERS = 2048;
const MAX_SEARCH = 253;

interface Resolver {
  servers: string[];
  searches: string[];
  options: string[];
}

interface Cluster {
  domain: string;
  /** undefined: the node knows no DNS of the cluster */
  dnsIP?: string | undefined;
}

/**
 * A pod's /etc/resolv.conf by its policy and its own additions, within what resolvers take. Source: kubelet/network/dns.
 * @param host the machine's resolv.conf @returns its text, and what had to be left out
 */
export function resolvConf(pod: Pod, cluster: Cluster, host: string): { text: string; warnings: string[] } {
  const { servers, searches, options } = additions(pod, base(pod, cluster, host));
  const warnings: string[] = [];
  const kept = servers.slice(0, MAX_SERVERS);
  if (kept.length < servers.length)
    warnings.push(
      `Nameserver limits were exceeded, some nameservers have been omitted, the applied nameserver line is: ${kept.join(' ')}`,
    );
  const paths = fitting(searches);
  if (paths.length < searches.length)
    warnings.push(
      `Search Line limits were exceeded, some search paths have been omitted, the applied search line is: ${paths.join(' ')}`,
    );
  const lines = [
    ...(paths.length ? [`search ${paths.join(' ')}`] : []),
    ...kept.map((server) => `nameserver ${server}`),
    ...(options.length ? [`options ${options.join(' ')}`] : []),
  ];
  return { text: lines.map((line) => `${line}\n`).join(''), warnings };
}

/** `ClusterFirst` of a pod in the host's network is the host's resolver; `ClusterFirstWithHostNet` is not. */
function base({ metadata, spec }: Pod, { domain, dnsIP }: Cluster, host: string): Resolver {
  const policy = spec?.dnsPolicy ?? 'ClusterFirst';
  if (policy === 'None') return { servers: [], searches: [], options: [] };
  const machine = {
    servers: words(host, 'nameserver'),
    searches: words(host, 'search'),
    options: words(host, 'options'),
  };
  const wantsCluster = policy === 'ClusterFirstWithHostNet' || (policy === 'ClusterFirst' && !spec?.hostNetwork);
  if (!wantsCluster || !dnsIP) return machine;
  const own = [`${metadata.namespace}.svc.${domain}`, `svc.${domain}`, domain];
  return { servers: [dnsIP], searches: unique([...own, ...machine.searches]), options: ['ndots:5'] };
}

function additions({ spec }: Pod, { servers, searches, options }: Resolver): Resolver {
  const config = spec?.dnsConfig;
  if (!config) return { servers, searches, options };
  return {
    servers: unique([...servers, ...(config.nameservers ?? [])]),
    searches: unique([...searches, ...(config.searches ?? [])]),
    options: merged(options, config.options ?? []),
  };
}

/** An option that is named again takes the new value, at its old place. */
function merged(options: readonly string[], more: readonly PodDNSConfigOption[]): string[] {
  const byName = new Map(options.map((each) => [each.split(':')[0], each]));
  for (const { name = '', value } of more) byName.set(name, value ? `${name}:${value}` : name);
  return [...byName.values()];
}

function fitting(searches: readonly string[]): string[] {
  const kept = searches.slice(0, MAX_SEARCHES).filter((path) => path.length <= MAX_SEARCH);
  while (kept.join(' ').length > MAX_SEARCH_CHARACTERS) kept.pop();
  return kept;
}

const unique = (list: readonly string[]): string[] => [...new Set(list)];

/** The words of the lines that begin with `key`; of `search` lines only the last one counts. */
function words(text: string, key: string): string[] {
  const lines = text.split('\n').map((line) => line.trim().split(/\s+/));
  const own = lines.filter(([first]) => first === key).map((line) => line.slice(1));
  return key === 'search' ? (own.at(-1) ?? []) : own.flat();
}
