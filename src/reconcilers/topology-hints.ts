import type { Endpoint, EndpointSlice, Node, Service } from '../../schema/types.ts';
import { quantityMilli } from '../meta/quantity.ts';
import { isNodeReady } from '../rules/nodes.ts';
import { endpointKey, type SlicePlan } from './slice-plan.ts';

/** By how much of its share a zone may be asked for more. */
const OVERLOAD = 0.2;
const ZONE = 'topology.kubernetes.io/zone';
const CONTROL_PLANE = ['node-role.kubernetes.io/control-plane', 'node-role.kubernetes.io/master'];

/** By zone, the part of the cluster's CPU that it has. */
export type ZoneShares = ReadonlyMap<string, number>;
interface Allocation {
  minimum: number;
  maximum: number;
  desired: number;
}

/** Whether a Service asks for hints by its annotation (KEP-2433); the older name of it goes first. */
export function asksForHints({ metadata: { annotations = {} } }: Service): boolean {
  const mode =
    annotations['service.kubernetes.io/topology-aware-hints'] ?? annotations['service.kubernetes.io/topology-mode'];
  return mode === 'Auto' || mode === 'auto';
}

/** What of a node the zones' shares come from; undefined for one that does not count. */
export function capacityOf(node: Node): { zone: string; cpu: number } | undefined {
  const { metadata, status } = node;
  const { labels = {} } = metadata;
  if (CONTROL_PLANE.some((label) => labels[label] !== undefined) || !isNodeReady(node)) return undefined;
  return { zone: labels[ZONE] ?? '', cpu: quantityMilli(status?.allocatable?.['cpu'] ?? '0') };
}

/** Undefined where a node does not say its zone or its CPU, or where there are no two zones. */
export function zoneShares(nodes: readonly Node[]): ZoneShares | undefined {
  const byZone = new Map<string, number>();
  let total = 0;
  for (const node of nodes) {
    const capacity = capacityOf(node);
    if (!capacity) continue;
    const { zone, cpu } = capacity;
    if (!zone || cpu === 0) return undefined;
    byZone.set(zone, (byZone.get(zone) ?? 0) + cpu);
    total += cpu;
  }
  if (byZone.size < 2) return undefined;
  return new Map([...byZone].map(([zone, cpu]) => [zone, cpu / total]));
}

/** Ready endpoints get the hint for their own zone, and node, that the Service's trafficDistribution means (KEP-4444, KEP-3015). */
export function distribute({ spec }: Service, endpoints: readonly Endpoint[]): void {
  const preference = spec?.trafficDistribution ?? '';
  if (!['PreferClose', 'PreferSameZone', 'PreferSameNode'].includes(preference)) return;
  for (const endpoint of endpoints) {
    const { zone, nodeName, conditions } = endpoint;
    if (!conditions?.ready) continue;
    const forZones = zone ? { forZones: [{ name: zone }] } : {};
    const forNodes = nodeName && preference === 'PreferSameNode' ? { forNodes: [{ name: nodeName }] } : {};
    const hints = { ...forZones, ...forNodes };
    if (Object.keys(hints).length) endpoint.hints = hints;
  }
}

/** Endpoints keep the hints that they have until all are weighed again, so that a slice without changes is not written. */
export function keepHints(endpoints: readonly Endpoint[], existing: readonly EndpointSlice[]): void {
  const known = new Map(existing.flatMap((slice) => (slice.endpoints ?? []).map((one) => [endpointKey(one), one])));
  for (const endpoint of endpoints) {
    const hints = known.get(endpointKey(endpoint))?.hints;
    if (hints) endpoint.hints = hints;
  }
}

/**
 * Spreads the ready endpoints of a plan over the zones by their shares; as few as can be go to another zone than theirs.
 * Slices whose hints are good stay as they are. Changes `plan` and its endpoints.
 * @returns why there are no hints, in Kubernetes' words; the caller takes them away then
 */
export function spread(
  plan: SlicePlan,
  existing: readonly EndpointSlice[],
  shares: ZoneShares | undefined,
): string | undefined {
  const unchanged = unchangedOf(plan, existing);
  const ready = [...plan.create, ...plan.update, ...unchanged].flatMap(readyOf).length;
  const allocations = allocate(ready, shares);
  if (typeof allocations === 'string') return allocations;
  const hinted = new Map<string, number>();
  for (const slice of unchanged) {
    const counts = hintsOf(slice, hinted, allocations);
    if (!counts) plan.update.push(copyOf(slice));
    else for (const [zone, count] of counts) hinted.set(zone, (hinted.get(zone) ?? 0) + count);
  }
  const open = [...plan.create, ...plan.update];
  for (const endpoint of open.flatMap((slice) => slice.endpoints ?? [])) {
    delete endpoint.hints;
    if (!endpoint.conditions?.ready) continue;
    if (!endpoint.zone) return 'One or more endpoints do not have a zone specified';
    hinted.set(endpoint.zone, (hinted.get(endpoint.zone) ?? 0) + 1);
    endpoint.hints = { forZones: [{ name: endpoint.zone }] };
  }
  redistribute(open.flatMap(readyOf), ...givingAndReceiving(allocations, hinted));
  return hinted.size ? undefined : 'No hints allocated for zones';
}

/** Takes all hints away. */
export function withoutHints(plan: SlicePlan, existing: readonly EndpointSlice[]): void {
  for (const slice of unchangedOf(plan, existing))
    if (slice.endpoints?.some(({ hints }) => hints)) plan.update.push(copyOf(slice));
  for (const { endpoints } of [...plan.create, ...plan.update]) for (const one of endpoints ?? []) delete one.hints;
}

function unchangedOf(plan: SlicePlan, existing: readonly EndpointSlice[]): EndpointSlice[] {
  const touched = new Set([...plan.update, ...plan.remove].map(({ metadata: { name } }) => name));
  return existing.filter(({ metadata: { name } }) => !touched.has(name));
}

const copyOf = (slice: EndpointSlice): EndpointSlice => ({
  ...slice,
  endpoints: (slice.endpoints ?? []).map((endpoint) => ({ ...endpoint })),
});

const readyOf = ({ endpoints }: { endpoints?: Endpoint[] | null }): Endpoint[] =>
  (endpoints ?? []).filter(({ conditions }) => conditions?.ready);

/** How many endpoints each zone should have; a string that says why there can be no such plan. */
function allocate(endpoints: number, shares: ZoneShares | undefined): Map<string, Allocation> | string {
  if (!shares) return 'Insufficient Node information: allocatable CPU or zone not specified on one or more nodes';
  const counts = `(${endpoints} endpoints, ${shares.size} zones)`;
  if (shares.size > endpoints) return `Insufficient number of endpoints ${counts}`;
  const allocations = new Map<string, Allocation>();
  let sum = 0;
  for (const [zone, share] of shares) {
    const minimum = Math.ceil(share * endpoints * (1 / (1 + OVERLOAD)));
    allocations.set(zone, { minimum, maximum: 0, desired: Math.max(share * endpoints, minimum) });
    sum += minimum;
    if (sum > endpoints)
      return `Unable to allocate minimum required endpoints to each zone without exceeding overload threshold ${counts}`;
  }
  for (const allocation of allocations.values()) allocation.maximum = allocation.minimum + endpoints - sum;
  return allocations;
}

/** How many hints for each zone a slice has; undefined where they cannot stay. */
function hintsOf(
  slice: EndpointSlice,
  hinted: ReadonlyMap<string, number>,
  allocations: ReadonlyMap<string, Allocation>,
): Map<string, number> | undefined {
  const counts = new Map<string, number>();
  for (const { hints } of readyOf(slice)) {
    if (!hints?.forZones?.length) return undefined;
    for (const { name } of hints.forZones) counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  const fits = [...counts].every(([zone, count]) => {
    const maximum = allocations.get(zone)?.maximum;
    return maximum !== undefined && count + (hinted.get(zone) ?? 0) <= maximum;
  });
  return fits ? counts : undefined;
}

type Counts = Map<string, number>;

/** How many endpoints each zone gives to others, and how many it gets. */
function givingAndReceiving(
  allocations: ReadonlyMap<string, Allocation>,
  hinted: ReadonlyMap<string, number>,
): [giving: Counts, receiving: Counts] {
  const [spare, wanting]: [Counts, Counts] = [new Map(), new Map()];
  for (const [zone, { desired }] of allocations) {
    const has = hinted.get(zone) ?? 0;
    if (has > desired) spare.set(zone, has - desired);
    else if (has < desired) wanting.set(zone, desired - has);
  }
  const [giving, receiving]: [Counts, Counts] = [new Map(), new Map()];
  const one = (to: Counts, from: Counts, zone: string): void => {
    to.set(zone, (to.get(zone) ?? 0) + 1);
    from.set(zone, (from.get(zone) ?? 0) - 1);
  };
  for (;;) {
    const [giver, gives] = most(spare);
    const [taker, takes] = most(wanting);
    // what is less than half an endpoint is not worth the way, nor two that are both less than one
    if (!giver || !taker || (gives < 1 && takes < 1) || gives < 0.5 || takes < 0.5) return [giving, receiving];
    one(giving, spare, giver);
    one(receiving, wanting, taker);
  }
}

function most(counts: Counts): [zone: string, count: number] {
  let found: [string, number] = ['', 0];
  for (const entry of counts) if (entry[1] > found[1]) found = entry;
  return found;
}

function redistribute(endpoints: readonly Endpoint[], giving: Counts, receiving: Counts): void {
  for (const endpoint of endpoints) {
    const gives = giving.get(endpoint.zone ?? '') ?? 0;
    const taker = [...receiving].find(([, count]) => count > 0)?.[0];
    if (taker === undefined) return;
    if (gives <= 0) continue;
    endpoint.hints = { forZones: [{ name: taker }] };
    giving.set(endpoint.zone ?? '', gives - 1);
    receiving.set(taker, (receiving.get(taker) ?? 0) - 1);
  }
}
