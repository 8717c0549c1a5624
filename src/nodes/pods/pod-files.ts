import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Pod } from '../../../schema/types.ts';
import type { BindMount } from '../runtimes/runtime.ts';
import type { AgentContext } from './agent-context.ts';

/** The name that a pod's processes have for their host: at most 63 characters, as Linux allows. */
export const hostnameOf = (pod: Pod): string =>
  (pod.spec?.hostname ?? pod.metadata.name).slice(0, 63).replace(/(?<![-.])[-.]+$/, '');

/** Writes the pod's /etc/hosts, /etc/hostname and /etc/resolv.conf. @returns the mounts that show them */
export function podFiles(pod: Pod, ip: string, context: AgentContext): BindMount[] {
  if (pod.spec?.hostNetwork) return [];
  const directory = join(context.podsDir, pod.metadata.uid, 'etc');
  mkdirSync(directory, { recursive: true });
  const files = {
    hosts: hosts(pod, ip, context.clusterDomain),
    hostname: `${hostnameOf(pod)}\n`,
    'resolv.conf': resolvConf(pod, context),
  };
  return Object.entries(files).map(([name, text]) => {
    const source = join(directory, name);
    writeFileSync(source, text);
    chmodSync(source, 0o644);
    return { source, target: `/etc/${name}`, readOnly: false, file: true };
  });
}

function hosts(pod: Pod, ip: string, domain: string): string {
  const name = hostnameOf(pod);
  const { subdomain, hostAliases } = pod.spec ?? {};
  const full = subdomain ? `${name}.${subdomain}.${pod.metadata.namespace}.svc.${domain}\t` : '';
  const lines = [
    '# Kubernetes-managed hosts file.',
    '127.0.0.1\tlocalhost',
    '::1\tlocalhost ip6-localhost ip6-loopback',
    `${ip}\t${full}${name}`,
    ...(hostAliases?.length ? ['', '# Entries added by HostAliases.'] : []),
    ...(hostAliases ?? []).map((alias) => `${alias.ip}\t${(alias.hostnames ?? []).join('\t')}`),
  ];
  return `${lines.join('\n')}\n`;
}

function resolvConf(pod: Pod, { clusterDomain, dnsIP }: AgentContext): string {
  const { dnsPolicy = 'ClusterFirst', dnsConfig } = pod.spec ?? {};
  const host = read('/etc/resolv.conf');
  const cluster = dnsPolicy === 'ClusterFirst' && dnsIP;
  const own = dnsPolicy === 'None' || cluster;
  const nameservers = cluster ? [dnsIP] : own ? [] : words(host, 'nameserver');
  const searches = cluster
    ? [
        `${pod.metadata.namespace}.svc.${clusterDomain}`,
        `svc.${clusterDomain}`,
        clusterDomain,
        ...words(host, 'search'),
      ]
    : own
      ? []
      : words(host, 'search');
  const options = cluster ? ['ndots:5'] : own ? [] : words(host, 'options');
  for (const option of dnsConfig?.options ?? []) {
    const text = option.value === undefined ? option.name! : `${option.name}:${option.value}`;
    const at = options.findIndex((each) => each.split(':')[0] === option.name);
    if (at < 0) options.push(text);
    else options[at] = text;
  }
  const search = [...new Set([...searches, ...(dnsConfig?.searches ?? [])])];
  const lines = search.length ? [`search ${search.join(' ')}`] : [];
  for (const server of new Set([...nameservers, ...(dnsConfig?.nameservers ?? [])])) lines.push(`nameserver ${server}`);
  if (options.length) lines.push(`options ${options.join(' ')}`);
  return `${lines.join('\n')}\n`;
}

function words(text: string, key: string): string[] {
  const lines = text.split('\n').map((line) => line.trim().split(/\s+/));
  return lines.filter(([first]) => first === key).flatMap((line) => line.slice(1));
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
