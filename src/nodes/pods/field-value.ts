import type { Container, Pod } from '../../../schema/types.ts';
import { quote } from '../../go/quote.ts';
import { quantityMilli, quantityValue } from '../../meta/quantity.ts';

/** What the node knows and the pod's object may not say yet. */
export interface PodFacts {
  podIPs: readonly string[];
  hostIP: string;
  /** in place of a limit that the container does not have */
  allocatable: Readonly<Record<string, string>>;
}

/** The value of a `fieldRef` (env and downwardAPI); undefined when the path is unknown. */
export function fieldValue(pod: Pod, path: string, facts: PodFacts): string | undefined {
  const { metadata, spec } = pod;
  const keyed = /^metadata\.(labels|annotations)\['(.+)'\]$/.exec(path);
  if (keyed) return metadata[keyed[1] as 'labels' | 'annotations']?.[keyed[2]!] ?? '';
  switch (path) {
    case 'metadata.name':
      return metadata.name;
    case 'metadata.namespace':
      return metadata.namespace ?? '';
    case 'metadata.uid':
      return metadata.uid;
    case 'metadata.labels':
      return mapLines(metadata.labels);
    case 'metadata.annotations':
      return mapLines(metadata.annotations);
    case 'spec.nodeName':
      return spec?.nodeName ?? '';
    case 'spec.serviceAccountName':
      return spec?.serviceAccountName ?? '';
    case 'status.hostIP':
      return facts.hostIP;
    case 'status.hostIPs':
      return facts.hostIP;
    case 'status.podIP':
      return facts.podIPs[0] ?? '';
    case 'status.podIPs':
      return facts.podIPs.join(',');
    default:
      return undefined;
  }
}

/** `key="value"` a line, sorted; the value escaped as Go's %q does. */
const mapLines = (map: Record<string, string> | undefined): string =>
  Object.keys(map ?? {})
    .sort()
    .map((key) => `${key}=${quote(map![key]!)}`)
    .join('\n');

/** The value of a `resourceFieldRef`: limits that are absent are the node's allocatable amount. */
export function resourceValue(
  container: Container,
  resource: string,
  divisor: string | undefined,
  facts: PodFacts,
): string | undefined {
  const dot = resource.indexOf('.');
  const side = resource.slice(0, dot);
  const name = resource.slice(dot + 1);
  if (side !== 'limits' && side !== 'requests') return undefined;
  const own = container.resources?.[side]?.[name];
  const fallback = side === 'limits' ? (facts.allocatable[name] ?? '0') : '0';
  const count = name === 'cpu' ? quantityMilli : quantityValue;
  // a divisor of zero is one that was not given
  return String(Math.ceil(count(own ?? fallback) / (count(divisor ?? '1') || count('1'))));
}
