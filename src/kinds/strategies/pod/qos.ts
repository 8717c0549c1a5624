import type { PodSpec } from '../../../../schema/types.ts';
import { compareQuantity, parseQuantity } from '../../../meta/quantity.ts';

/** Guaranteed, Burstable or BestEffort, from cpu and memory of all containers (kubernetes.io: Pod Quality of Service). */
export function qosClass(spec: PodSpec): 'Guaranteed' | 'Burstable' | 'BestEffort' {
  let any = false;
  let guaranteed = true;
  for (const { resources } of [...(spec.initContainers ?? []), ...(spec.containers ?? [])])
    for (const name of ['cpu', 'memory']) {
      const request = positive(resources?.requests?.[name]);
      const limit = positive(resources?.limits?.[name]);
      if (request || limit) any = true;
      if (!limit || !request || compareQuantity(parseQuantity(request), parseQuantity(limit)) !== 0) guaranteed = false;
    }
  return !any ? 'BestEffort' : guaranteed ? 'Guaranteed' : 'Burstable';
}

const positive = (quantity: string | undefined): string | undefined =>
  quantity !== undefined && parseQuantity(String(quantity)).nano > 0n ? String(quantity) : undefined;
