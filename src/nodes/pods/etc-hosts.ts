import type { Pod } from '../../../schema/types.ts';
import { podHostname } from './pod-hostname.ts';

const LOCAL = [
  '127.0.0.1\tlocalhost',
  '::1\tlocalhost ip6-localhost ip6-loopback',
  'fe00::0\tip6-localnet',
  'fe00::0\tip6-mcastprefix',
  'fe00::1\tip6-allnodes',
  'fe00::2\tip6-allrouters',
];

/** A pod's /etc/hosts. @param host the machine's, which pods of its network have too */
export function etcHosts(pod: Pod, ip: string, clusterDomain: string, host: string): string {
  if (pod.spec?.hostNetwork) return `# Kubernetes-managed hosts file (host network).\n${host}${aliases(pod)}`;
  const { name, domain } = podHostname(pod, clusterDomain);
  const own = domain ? `${ip}\t${name}.${domain}\t${name}` : `${ip}\t${name}`;
  return `${['# Kubernetes-managed hosts file.', ...LOCAL, own].join('\n')}\n${aliases(pod)}`;
}

function aliases({ spec }: Pod): string {
  if (!spec?.hostAliases?.length) return '';
  const lines = spec.hostAliases.map(({ ip, hostnames = [] }) => `${ip}\t${hostnames.join('\t')}\n`);
  return `\n# Entries added by HostAliases.\n${lines.join('')}`;
}
