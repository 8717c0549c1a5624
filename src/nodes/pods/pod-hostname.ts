import { hostname } from 'node:os';
import type { Pod } from '../../../schema/types.ts';

/** What Linux takes for a host's name, and what Kubernetes lets a pod have of it where it is no whole name. */
const MAX_NAME = 63;
const MAX_WHOLE_NAME = 64;

const short = (name: string): string => {
  if (name.length <= MAX_NAME) return name;
  let end = MAX_NAME;
  while (end > 0 && '-.'.includes(name[end - 1]!)) end--;
  return name.slice(0, end);
};

/**
 * The pod's name in its network and the domain of it, empty where it has none: `hostnameOverride` stands alone
 * (KEP-4762), else `hostname` or the pod's own name, in the domain of `subdomain`.
 */
export function podHostname({ metadata, spec }: Pod, clusterDomain: string): { name: string; domain: string } {
  if (spec?.hostnameOverride !== undefined) return { name: short(spec.hostnameOverride), domain: '' };
  const domain = spec?.subdomain ? `${spec.subdomain}.${metadata.namespace}.svc.${clusterDomain}` : '';
  return { name: short(spec?.hostname || metadata.name), domain };
}

/**
 * The name that the pod's processes have for their host: with its domain where `setHostnameAsFQDN` says so; the
 * machine's where the pod has the machine's network. @throws Error for one that is too long
 */
export function kernelHostname(pod: Pod, clusterDomain: string): string {
  if (pod.spec?.hostNetwork) return hostname();
  const { name, domain } = podHostname(pod, clusterDomain);
  if (!domain || !pod.spec?.setHostnameAsFQDN) return name;
  const whole = `${name}.${domain}`;
  if (whole.length <= MAX_WHOLE_NAME) return whole;
  throw new Error(
    `Failed to create pod sandbox: failed to construct FQDN from pod hostname and cluster domain, FQDN ${whole} is too ` +
      `long (${MAX_WHOLE_NAME} characters is the max, ${whole.length} characters requested)`,
  );
}
