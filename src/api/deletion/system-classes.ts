import { isSystemPriorityClass } from '../../kinds/strategies/scheduling/priority-class.ts';
import { forbiddenRequest } from '../../meta/status.ts';
import type { Target } from '../contract.ts';
import { resourceOf } from '../target.ts';

/** The priority classes that every cluster has go with none of its deletes by name. Throws 403, whether or not it is there. */
export function refuseSystemClass({ kind, name }: Target): void {
  if (kind.storage.key !== 'priorityclasses.scheduling.k8s.io' || !isSystemPriorityClass(name)) return;
  throw forbiddenRequest(resourceOf(kind), name, 'this is a system priority class and cannot be deleted');
}
