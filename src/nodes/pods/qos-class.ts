import type { Pod } from '../../../schema/types.ts';
import { quantityValue } from './quantity.ts';

/** Guaranteed: every container limits CPU and memory and requests as much; BestEffort: none asks for anything. */
export function qosClass(pod: Pod): 'Guaranteed' | 'Burstable' | 'BestEffort' {
  const containers = [...(pod.spec?.containers ?? []), ...(pod.spec?.initContainers ?? [])];
  let any = false;
  let guaranteed = containers.length > 0;
  for (const { resources = {} } of containers) {
    for (const name of ['cpu', 'memory']) {
      const limit = quantityValue(resources.limits?.[name] ?? '0');
      const request = quantityValue(resources.requests?.[name] ?? resources.limits?.[name] ?? '0');
      any ||= limit > 0 || request > 0;
      guaranteed &&= limit > 0 && limit === request;
    }
  }
  return !any ? 'BestEffort' : guaranteed ? 'Guaranteed' : 'Burstable';
}
