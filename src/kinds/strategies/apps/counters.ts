import type {
  DaemonSetStatus,
  DeploymentStatus,
  ReplicaSetStatus,
  StatefulSetStatus,
} from '../../../../schema/types.ts';
import { invalid, Path, type FieldError } from '../../../meta/field.ts';
import type { ObjectLike } from '../../../meta/object.ts';
import type { SubresourceStrategy } from '../../kind.ts';
import { validateNonNegative } from '../../validation/values.ts';
import { statusSubresource } from '../status-split.ts';

const STATUS = Path.root('status');

type Status = DaemonSetStatus & DeploymentStatus & ReplicaSetStatus & StatefulSetStatus;
type Counter = Exclude<keyof Status, 'conditions' | 'currentRevision' | 'updateRevision'>;
type Counts = { readonly [Field in Counter]?: number };

/** Rules for the counters of a controller's status. */
export interface Counters {
  /** must not be negative, in the order of their checks */
  counted: readonly Counter[];
  /** may not be more than `replicas` */
  withinReplicas?: readonly Counter[];
  /** how the other limit of `availableReplicas` is called; undefined: it has none */
  withinReady?: string;
}

/** What a write to `/status` may make of the counters (pkg/apis/apps/validation). collisionCount only grows. */
export function validateCounters(
  { counted, withinReplicas = [], withinReady }: Counters,
  status: Counts = {},
  old: Counts = {},
): FieldError[] {
  const count = (field: Counter): number => status[field] ?? 0;
  const errors = counted.flatMap((field) => validateNonNegative(status[field], STATUS.child(field)));
  for (const field of withinReplicas)
    if (count(field) > count('replicas'))
      errors.push(invalid(STATUS.child(field), count(field), 'cannot be greater than status.replicas'));
  if (withinReady && count('availableReplicas') > count('readyReplicas'))
    errors.push(
      invalid(STATUS.child('availableReplicas'), count('availableReplicas'), `cannot be greater than ${withinReady}`),
    );
  if (counted.includes('collisionCount') && old.collisionCount != null && count('collisionCount') < old.collisionCount)
    errors.push(invalid(STATUS.child('collisionCount'), count('collisionCount'), 'cannot be decremented'));
  return errors;
}

/** The `/status` of a kind with these counters. */
export const countersStatus = (counters: Counters): SubresourceStrategy<ObjectLike & { status?: Counts }> => ({
  ...statusSubresource,
  validateUpdate: (object, old) => validateCounters(counters, object.status, old.status),
});
