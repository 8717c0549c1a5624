import type { PriorityClass } from '../../../../schema/types.ts';
import { forbidden, Path, type FieldError } from '../../../meta/field.ts';
import type { Unchecked } from '../../../meta/object.ts';
import type { Cell, Strategy } from '../../kind.ts';
import { validateChoice, validateImmutable } from '../../validation/values.ts';
import { since } from '../../cells.ts';

/** Values above this are the system's. */
const HIGHEST_USER_PRIORITY = 1_000_000_000;
const SYSTEM_PREFIX = 'system-';
const SYSTEM_CLASSES: Readonly<Record<string, number>> = {
  'system-node-critical': 2_000_001_000,
  'system-cluster-critical': 2_000_000_000,
};
const isSystemPriorityClass = (name: string): boolean => Object.hasOwn(SYSTEM_CLASSES, name);
const POLICIES = ['PreemptLowerPriority', 'Never'];

/** What is wrong with a class that has the system's prefix; undefined where it is one of the system's. */
function systemClassError({
  metadata: { name },
  value = 0,
  globalDefault = false,
}: Unchecked<PriorityClass>): string | undefined {
  const known = Object.hasOwn(SYSTEM_CLASSES, name) ? SYSTEM_CLASSES[name] : undefined;
  if (known === undefined) return `${name} is not a known system priority class`;
  if (value !== known) return `value of ${name} PriorityClass must be ${known}`;
  return globalDefault ? `globalDefault of ${name} PriorityClass must be false` : undefined;
}

/** scheduling.k8s.io/v1 PriorityClass */
export const priorityClassStrategy: Strategy<PriorityClass> = {
  // set once and never counted
  generation: () => false,
  defaults(object) {
    object.preemptionPolicy ??= 'PreemptLowerPriority';
  },
  validate(object) {
    const errors: FieldError[] = [];
    if (object.metadata.name?.startsWith(SYSTEM_PREFIX)) {
      const why = systemClassError(object);
      const reserved = `priority class names with '${SYSTEM_PREFIX}' prefix are reserved for system use only. error: ${why}`;
      if (why) errors.push(forbidden(Path.root('metadata').child('name'), reserved));
    } else if ((object.value ?? 0) > HIGHEST_USER_PRIORITY) {
      errors.push(
        forbidden(Path.root('value'), `maximum allowed value of a user defined priority is ${HIGHEST_USER_PRIORITY}`),
      );
    }
    return [...errors, ...validateChoice(object.preemptionPolicy, POLICIES, Path.root('preemptionPolicy'))];
  },
  validatesAllOnUpdate: true,
  validateUpdate: (object, old) => [
    ...((object.value ?? 0) === (old.value ?? 0)
      ? []
      : [forbidden(Path.root('value'), 'may not be changed in an update.')]),
    ...validateImmutable(object.preemptionPolicy, old.preemptionPolicy, Path.root('preemptionPolicy')),
  ],
  cells,
  refusesDelete: (name) =>
    isSystemPriorityClass(name) ? 'this is a system priority class and cannot be deleted' : undefined,
};

function cells({ metadata, value, globalDefault, preemptionPolicy }: Unchecked<PriorityClass>, now: number): Cell[] {
  return [
    metadata.name,
    value ?? 0,
    globalDefault ?? false,
    since(metadata.creationTimestamp, now),
    preemptionPolicy ?? '',
  ];
}
