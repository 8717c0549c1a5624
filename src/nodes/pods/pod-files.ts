import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Pod } from '../../../schema/types.ts';
import type { BindMount } from '../runtimes/runtime.ts';
import type { AgentContext } from './agent-context.ts';
import { etcHosts } from './etc-hosts.ts';
import { kernelHostname } from './pod-hostname.ts';
import { resolvConf } from './resolv-conf.ts';

/**
 * Writes the pod's /etc/hosts, /etc/hostname and /etc/resolv.conf. @returns the mounts that show them
 * @throws Error for a hostname that is too long
 */
export function podFiles(pod: Pod, ip: string, context: AgentContext): BindMount[] {
  const { clusterDomain, dnsIP, podsDir, events } = context;
  const directory = join(podsDir, pod.metadata.uid, 'etc');
  mkdirSync(directory, { recursive: true });
  const resolver = resolvConf(pod, { domain: clusterDomain, dnsIP }, read('/etc/resolv.conf'));
  for (const warning of resolver.warnings) events.event(pod, 'Warning', 'DNSConfigForming', warning);
  const files = {
    hosts: etcHosts(pod, ip, clusterDomain, read('/etc/hosts')),
    ...(!pod.spec?.hostNetwork && { hostname: `${kernelHostname(pod, clusterDomain)}\n` }),
    'resolv.conf': resolver.text,
  };
  return Object.entries(files).map(([name, text]) => {
    const source = join(directory, name);
    writeFileSync(source, text);
    chmodSync(source, 0o644);
    return { source, target: `/etc/${name}`, readOnly: false, file: true };
  });
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
