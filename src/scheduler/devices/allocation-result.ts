import type {
  AllocationResult,
  DeviceAllocationConfiguration,
  DeviceRequestAllocationResult,
  NodeSelector,
  NodeSelectorRequirement,
  ResourceResourceClaim,
} from '../../../schema/types.ts';
import { semanticEqual } from '../../control/equal.ts';
import { present } from '../../meta/present.ts';
import type { Candidate } from './pools.ts';
import type { Request } from './requests.ts';

/** A device that was chosen for a request. */
export interface Chosen {
  request: Request;
  candidate: Candidate;
}

/** What a claim's status says of the devices that were chosen. @param requests of each request the way that was taken */
export function allocationResult(
  claim: ResourceResourceClaim,
  requests: readonly Request[],
  chosen: readonly Chosen[],
): AllocationResult {
  const results = chosen.map(({ request, candidate: { slice, device } }): DeviceRequestAllocationResult => ({
    request: request.reference,
    driver: slice.spec.driver,
    pool: slice.spec.pool.name,
    device: device.name,
    ...(request.adminAccess && { adminAccess: true }),
  }));
  const config = [...classConfig(requests), ...claimConfig(claim, requests)];
  return present({
    devices: present({ results: nonEmpty(results), config: nonEmpty(config) }),
    nodeSelector: nodeSelectorOf(chosen),
  });
}

const nonEmpty = <T>(list: T[]): T[] | undefined => (list.length ? list : undefined);

/** A class's configuration stands once, for all requests of that class. */
function classConfig(requests: readonly Request[]): DeviceAllocationConfiguration[] {
  const byClass = new Map<string, DeviceAllocationConfiguration[]>();
  for (const { deviceClass, reference } of requests) {
    const { name } = deviceClass.metadata;
    const known = byClass.get(name);
    if (known) for (const config of known) config.requests?.push(reference);
    else
      byClass.set(
        name,
        (deviceClass.spec.config ?? []).map((config) => ({ source: 'FromClass', requests: [reference], ...config })),
      );
  }
  return [...byClass.values()].flat();
}

/** A claim's configuration is taken once for each request that it names, and once where it names none. */
function claimConfig({ spec }: ResourceResourceClaim, requests: readonly Request[]): DeviceAllocationConfiguration[] {
  return (spec.devices?.config ?? []).flatMap((config) => {
    const { requests: named = [] } = config;
    const taken: DeviceAllocationConfiguration = { source: 'FromClaim', ...config };
    if (named.length === 0) return [taken];
    return requests.flatMap(({ base, reference }) =>
      named.includes(base) || named.includes(reference) ? [taken] : [],
    );
  });
}

/** Where the devices can be reached: on the node of one of them, or where all of their slices can. */
function nodeSelectorOf(chosen: readonly Chosen[]): NodeSelector | undefined {
  const fields: NodeSelectorRequirement[] = [];
  const expressions: NodeSelectorRequirement[] = [];
  for (const { candidate } of chosen) {
    const { nodeName, nodeSelector } = candidate.slice.spec;
    if (nodeName !== undefined) {
      const matchFields = [{ key: 'metadata.name', operator: 'In' as const, values: [nodeName] }];
      return { nodeSelectorTerms: [{ matchFields }] };
    }
    const term = nodeSelector?.nodeSelectorTerms[0];
    addNew(fields, term?.matchFields);
    addNew(expressions, term?.matchExpressions);
  }
  const matchFields = nonEmpty(fields);
  const matchExpressions = nonEmpty(expressions);
  return matchFields || matchExpressions
    ? { nodeSelectorTerms: [present({ matchFields, matchExpressions })] }
    : undefined;
}

function addNew(to: NodeSelectorRequirement[], from: readonly NodeSelectorRequirement[] = []): void {
  for (const one of from) if (!to.some((known) => semanticEqual(known, one))) to.push(one);
}
