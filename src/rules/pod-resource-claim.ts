import type { Pod, PodResourceClaim } from '../../schema/types.ts';

export interface PodClaimName {
  /** undefined: the pod needs no claim after all */
  name: string | undefined;
  /** made for the pod from a template: nobody else's may stand in for it */
  isOwn: boolean;
}

/** The claim behind one of the pod's names for claims; undefined as long as none has been made from the template. */
export function podClaimName(
  { status }: Pod,
  { name, resourceClaimName, resourceClaimTemplateName }: PodResourceClaim,
): PodClaimName | undefined {
  if (resourceClaimName !== undefined) return { name: resourceClaimName, isOwn: false };
  if (resourceClaimTemplateName === undefined) return undefined;
  const made = status?.resourceClaimStatuses?.find((one) => one.name === name);
  return made && { name: made.resourceClaimName, isOwn: true };
}
