import type { DeviceClass, DeviceSelector, ResourceResourceClaim } from '../../../schema/types.ts';
import { AllocationError } from './allocation-error.ts';

/** One way to satisfy a request: the request itself, or one of its alternatives. */
export interface Request {
  /** as the claim's results name it: `NAME`, or `NAME/ALTERNATIVE` */
  reference: string;
  /** without the alternative */
  base: string;
  /** without what it is an alternative of */
  name: string;
  adminAccess: boolean;
  /** how many devices; undefined: all that there are */
  count: number | undefined;
  deviceClass: DeviceClass;
  selectors: readonly DeviceSelector[];
}

/** What a claim asks for. */
export interface ClaimPlan {
  claim: ResourceResourceClaim;
  /** `NAMESPACE/NAME` */
  name: string;
  /** of each request the ways to satisfy it, the best first */
  requests: readonly (readonly Request[])[];
  /** attributes that must be equal, and the requests of whose devices; none: of all */
  constraints: readonly { attribute: string; requests: readonly string[] | undefined }[];
}

/** @throws AllocationError for what no search could satisfy */
export function planOf(claim: ResourceResourceClaim, classOf: (name: string) => DeviceClass | undefined): ClaimPlan {
  const name = `${claim.metadata.namespace}/${claim.metadata.name}`;
  const { requests = [], constraints = [] } = claim.spec.devices ?? {};
  const request = ({ name: own, ...asked }: Asked & { name: string }, parent: string | undefined): Request => {
    const { deviceClassName, selectors = [], allocationMode = 'ExactCount', count = 1, adminAccess = false } = asked;
    const deviceClass = classOf(deviceClassName);
    if (!deviceClass)
      throw new AllocationError(
        `claim ${name}, request ${own}: could not retrieve device class ${deviceClassName}: deviceclass.resource.k8s.io "${deviceClassName}" not found`,
      );
    return {
      reference: parent === undefined ? own : `${parent}/${own}`,
      base: parent ?? own,
      name: own,
      adminAccess,
      count: allocationMode === 'All' ? undefined : count,
      deviceClass,
      selectors,
    };
  };
  return {
    claim,
    name,
    requests: requests.map(({ name: own, exactly, firstAvailable = [] }) =>
      exactly ? [request({ name: own, ...exactly }, undefined)] : firstAvailable.map((sub) => request(sub, own)),
    ),
    constraints: constraints.map(({ matchAttribute, requests: of }, i) => {
      if (matchAttribute === undefined)
        throw new AllocationError(`claim ${name}, constraint #${i}: empty constraint (unsupported constraint type?)`);
      return { attribute: matchAttribute, requests: of };
    }),
  };
}

interface Asked {
  deviceClassName: string;
  selectors?: readonly DeviceSelector[];
  allocationMode?: 'All' | 'ExactCount';
  count?: number;
  adminAccess?: boolean;
}
