import type { Endpoint, DiscoveryEndpointPort, EndpointSlice } from '../../schema/types.ts';
import { semanticEqual } from '../control/equal.ts';
import { canonicalJson } from '../meta/canonical-json.ts';
import type { PortGroup } from './endpoint-addresses.ts';

type AddressType = EndpointSlice['addressType'];

export interface SlicePlan {
  create: { addressType: AddressType; ports: DiscoveryEndpointPort[]; endpoints: Endpoint[] }[];
  update: EndpointSlice[];
  remove: EndpointSlice[];
}

/**
 * Fits endpoints into the slices that are there with as few writes as possible: an endpoint stays in its slice, new
 * ones fill slices that change anyway, then others with room, then new slices (KEP-752).
 * @param size endpoints of one slice; @param labels what every slice must carry, others of the managed ones are wrong
 */
export function planSlices(
  addressType: AddressType,
  groups: readonly PortGroup[],
  existing: readonly EndpointSlice[],
  labels: Record<string, string>,
  size: number,
): SlicePlan {
  const plan: SlicePlan = { create: [], update: [], remove: [] };
  const byPorts = new Map<string, EndpointSlice[]>();
  for (const slice of existing) {
    const key = portsKey(slice.ports);
    byPorts.set(key, [...(byPorts.get(key) ?? []), slice]);
  }
  const left = new Set(existing);
  for (const group of groups) {
    const key = portsKey(group.ports);
    for (const slice of byPorts.get(key) ?? []) left.delete(slice);
    planGroup(plan, addressType, group, byPorts.get(key) ?? [], labels, size);
  }
  plan.remove.push(...left);
  return plan;
}

const portsKey = (ports: readonly DiscoveryEndpointPort[] | undefined | null): string =>
  [...(ports ?? [])]
    .map((port) => canonicalJson({ ...port, name: port.name ?? '' }))
    .sort()
    .join();
/** By which an endpoint is known again. */
export const endpointKey = ({ targetRef, addresses: [address = ''] }: Endpoint): string =>
  `${targetRef?.uid ?? address}|${address}`;

function planGroup(
  plan: SlicePlan,
  addressType: AddressType,
  group: PortGroup,
  slices: readonly EndpointSlice[],
  labels: Record<string, string>,
  size: number,
): void {
  const wanted = new Map(group.endpoints.map((endpoint) => [endpointKey(endpoint), endpoint]));
  const changed: { slice: EndpointSlice; endpoints: Endpoint[] }[] = [];
  const same: { slice: EndpointSlice; endpoints: Endpoint[] }[] = [];
  for (const slice of slices) {
    let differs = !hasLabels(slice, labels);
    const endpoints: Endpoint[] = [];
    for (const old of slice.endpoints ?? []) {
      const key = endpointKey(old);
      const endpoint = wanted.get(key);
      if (!endpoint) differs = true;
      else {
        wanted.delete(key);
        endpoints.push(endpoint);
        differs ||= !semanticEqual(old, endpoint);
      }
    }
    if (endpoints.length === 0 && (group.endpoints.length > 0 || changed.length + same.length > 0))
      plan.remove.push(slice);
    else (differs ? changed : same).push({ slice, endpoints });
  }
  const fresh = [...wanted.values()];
  for (const entry of changed) entry.endpoints.push(...fresh.splice(0, Math.max(0, size - entry.endpoints.length)));
  for (const entry of [...same].sort((a, b) => b.endpoints.length - a.endpoints.length)) {
    if (fresh.length === 0 || entry.endpoints.length >= size) continue;
    entry.endpoints.push(...fresh.splice(0, size - entry.endpoints.length));
    changed.push(entry);
  }
  // A slice that would be removed is better filled than replaced.
  while (fresh.length > 0 && plan.remove.length > 0 && slices.includes(plan.remove.at(-1)!)) {
    changed.push({ slice: plan.remove.pop()!, endpoints: fresh.splice(0, size) });
  }
  while (fresh.length > 0) plan.create.push({ addressType, ports: group.ports, endpoints: fresh.splice(0, size) });
  if (group.endpoints.length === 0 && slices.length === 0)
    plan.create.push({ addressType, ports: group.ports, endpoints: [] });
  for (const { slice, endpoints } of changed) {
    plan.update.push({
      ...slice,
      metadata: { ...slice.metadata, labels: { ...labels } },
      ports: group.ports,
      endpoints,
    });
  }
}

const hasLabels = (slice: EndpointSlice, labels: Record<string, string>): boolean =>
  semanticEqual(slice.metadata.labels, labels);
