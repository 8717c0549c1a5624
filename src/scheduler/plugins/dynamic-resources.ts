import type { AllocationResult, Pod, ResourceResourceClaim } from '../../../schema/types.ts';
import { semanticEqual } from '../../control/equal.ts';
import { controllerOf } from '../../control/keys.ts';
import { matchesTerm } from '../../rules/node-selector.ts';
import { podClaimName } from '../../rules/pod-resource-claim.ts';
import { Allocator } from '../devices/allocator.ts';
import type { NodeInfo } from '../node-info.ts';
import { normalizeToHighest, reject, type Plugin, type Scoring } from '../plugin.ts';
import type { ClusterView, Snapshot } from '../snapshot.ts';

const NAME = 'DynamicResources';
const CLAIMS = 'resourceclaims.resource.k8s.io';
/** Alternatives of one request, the best of which scores the most. */
const MAX_ALTERNATIVES = 8;

export interface ClaimsState {
  claims: readonly ResourceResourceClaim[];
  /** finds devices for the claims without an allocation; undefined where all have one */
  allocator: Allocator | undefined;
  /** allocated claims that some node could not reach */
  unavailable: Set<ResourceResourceClaim>;
}

/** Claims of the pod: allocated ones must be reachable from the node, the others find devices there (KEP-4381). */
export const dynamicResources: Plugin<ClaimsState> = {
  name: NAME,
  events: [
    { resource: 'nodes', on: ['add', 'update'] },
    {
      resource: CLAIMS,
      on: ['add', 'update'],
      helps: (pod, claim, old) =>
        (!!old?.status?.allocation && !claim?.status?.allocation) ||
        (isClaimOf(pod, claim) && !(old && semanticEqual(old.status, claim?.status))),
    },
    { resource: 'deviceclasses.resource.k8s.io', on: ['add', 'update'] },
    { resource: 'resourceslices.resource.k8s.io', on: ['add', 'update'] },
  ],
  preEnqueue(pod, cluster) {
    const claims = claimsOf(pod, cluster);
    return typeof claims === 'string' ? claims : undefined;
  },
  prepareFilter({ pod }, { cluster }) {
    if (!pod.spec?.resourceClaims?.length) return undefined;
    const claims = claimsOf(pod, cluster);
    const state: ClaimsState = { claims: [], allocator: undefined, unavailable: new Set() };
    if (typeof claims === 'string') return { state, reject: reject(claims, true) };
    if (claims.length === 0) return undefined;
    const unallocated = claims.filter(({ status }) => !status?.allocation);
    for (const claim of unallocated) {
      const fault = faultOf(claim, cluster);
      if (fault !== undefined) return { state, reject: reject(fault, true) };
    }
    return { state: { ...state, claims, allocator: allocatorFor(unallocated, cluster) } };
  },
  filter({ claims, allocator, unavailable }, _pod, { node }) {
    let isAvailable = true;
    for (const claim of claims) {
      const terms = claim.status?.allocation?.nodeSelector?.nodeSelectorTerms;
      if (!terms || terms.some((term) => matchesTerm(term, node))) continue;
      unavailable.add(claim);
      isAvailable = false;
    }
    const found = allocator?.allocate(node) ?? [];
    if (!Array.isArray(found)) return found;
    return isAvailable ? undefined : reject('resourceclaim not available on the node', true);
  },
  score: {
    weight: 2,
    prepare({ pod }, { cluster }) {
      const unallocated = unallocatedOf(pod, cluster);
      const prefers = unallocated.some(({ spec }) => spec.devices?.requests?.some((one) => one.firstAvailable?.length));
      const allocator = prefers ? allocatorFor(unallocated, cluster) : undefined;
      return allocator && { unallocated, allocator };
    },
    score({ unallocated, allocator }, _pod, { node }) {
      const found = allocator.allocate(node);
      return Array.isArray(found) ? unallocated.reduce((sum, claim, i) => sum + preference(claim, found[i]), 0) : 0;
    },
    normalize: (scores) => normalizeToHighest(scores, false),
  } satisfies Scoring<{ unallocated: readonly ResourceResourceClaim[]; allocator: Allocator }>,
};

const isClaimOf = (pod: Pod, claim: ResourceResourceClaim | undefined): boolean =>
  claim?.metadata.namespace === pod.metadata.namespace &&
  (pod.spec?.resourceClaims ?? []).some((one) => podClaimName(pod, one)?.name === claim?.metadata.name);

/** The claims that the pod needs, each once whatever names it has for it, or why it has to wait for them. */
function claimsOf(pod: Pod, { resourceClaims }: ClusterView): ResourceResourceClaim[] | string {
  const { namespace = '', name: podName } = pod.metadata;
  const claims = new Set<ResourceResourceClaim>();
  for (const podClaim of pod.spec?.resourceClaims ?? []) {
    const named = podClaimName(pod, podClaim);
    if (!named) return `pod "${namespace}/${podName}": ResourceClaim not created yet`;
    const { name, isOwn } = named;
    if (name === undefined) continue;
    const claim = resourceClaims.claim(namespace, name);
    if (!claim) return `could not find ResourceClaim "${namespace}/${name}"`;
    if (claim.metadata.deletionTimestamp) return `resourceclaim "${name}" is being deleted`;
    if (isOwn && controllerOf(claim)?.uid !== pod.metadata.uid) {
      const of = `${namespace}/${podName}`;
      return `ResourceClaim ${namespace}/${name} was not created for pod ${of} (pod is not owner)`;
    }
    claims.add(claim);
  }
  return [...claims];
}
function unallocatedOf(pod: Pod, cluster: ClusterView): ResourceResourceClaim[] {
  const claims = pod.spec?.resourceClaims?.length ? claimsOf(pod, cluster) : [];
  return typeof claims === 'string' ? [] : claims.filter(({ status }) => !status?.allocation);
}

/** Why no node will do for a claim without an allocation. */
function faultOf({ metadata, spec }: ResourceResourceClaim, cluster: ClusterView): string | undefined {
  if (cluster.resourceClaims.isPending(metadata.uid))
    return `resource claim ${metadata.namespace}/${metadata.name} is in the process of being allocated`;
  for (const { name, exactly, firstAvailable = [] } of spec.devices?.requests ?? []) {
    const classes = exactly
      ? [[name, exactly.deviceClassName]]
      : firstAvailable.map((sub) => [`${name}/${sub.name}`, sub.deviceClassName]);
    for (const [request, deviceClass = ''] of classes)
      if (!cluster.deviceClass(deviceClass)) return `request ${request}: device class ${deviceClass} does not exist`;
  }
  return undefined;
}

const allocatorFor = (claims: readonly ResourceResourceClaim[], cluster: ClusterView): Allocator | undefined =>
  claims.length
    ? new Allocator(claims, {
        deviceClass: (name) => cluster.deviceClass(name),
        slicesOn: (node) => cluster.slicesOn(node),
        slicesOf: (driver, pool) => cluster.slicesOf(driver, pool),
        isTaken: (device) => cluster.resourceClaims.isTaken(device),
      })
    : undefined;

/** More for each request whose earlier alternatives were found. */
function preference({ spec }: ResourceResourceClaim, allocation: AllocationResult | undefined): number {
  const taken = new Set(allocation?.devices?.results?.map(({ request }) => request));
  let score = 0;
  for (const { name, firstAvailable = [] } of spec.devices?.requests ?? [])
    for (const [i, sub] of firstAvailable.entries())
      if (taken.has(`${name}/${sub.name}`)) score += MAX_ALTERNATIVES - i;
  return score;
}

/** A claim that must be reserved for the pod before it goes to its node, and what it has to be allocated first. */
export interface Reservation {
  claim: ResourceResourceClaim;
  allocation: AllocationResult | undefined;
}

/** What must be written before the pod may go to the node that was chosen for it. */
export function reservationsFor(pod: Pod, { node }: NodeInfo, { cluster }: Snapshot): Reservation[] {
  if (!pod.spec?.resourceClaims?.length) return [];
  const claims = claimsOf(pod, cluster);
  if (typeof claims === 'string') return [];
  const unallocated = claims.filter(({ status }) => !status?.allocation);
  const found = allocatorFor(unallocated, cluster)?.allocate(node);
  const allocations = Array.isArray(found) ? found : [];
  return claims.flatMap((claim) => {
    const isReserved = claim.status?.reservedFor?.some(({ uid }) => uid === pod.metadata.uid);
    const at = unallocated.indexOf(claim);
    return isReserved ? [] : [{ claim, allocation: at < 0 ? undefined : allocations[at] }];
  });
}

/** An allocation that keeps the pod from its nodes, and that nobody else uses. @param random 0 … 1 */
export function deallocatable(
  { unavailable }: ClaimsState,
  pod: Pod,
  random: () => number,
): ResourceResourceClaim | undefined {
  const idle = [...unavailable].filter(({ status }) => {
    const { reservedFor = [] } = status ?? {};
    return reservedFor.length === 0 || (reservedFor.length === 1 && reservedFor[0]?.uid === pod.metadata.uid);
  });
  return idle[Math.floor(random() * idle.length)];
}
