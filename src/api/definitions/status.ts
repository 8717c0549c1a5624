import type { KubeObject } from '../../meta/object.ts';
import { sameJson } from '../patch/equal.ts';
import { nameConflict, type Condition } from './names.ts';

const conditionOf = (definition: KubeObject, type: string): Condition | undefined =>
  ((definition['status']?.conditions ?? []) as Condition[]).find((c) => c.type === type);

export const isEstablished = (definition: KubeObject): boolean => conditionOf(definition, 'Established')?.status === 'True';

function setCondition(conditions: Condition[], condition: Condition, now: string): Condition[] {
  const old = conditions.find((c) => c.type === condition.type);
  const lastTransitionTime = old?.status === condition.status ? old.lastTransitionTime : now;
  const { type, status, reason, message } = condition;
  const made = { type, status, lastTransitionTime, reason, message };
  return old ? conditions.map((c) => (c === old ? made : c)) : [...conditions, made];
}

/**
 * The status that a definition should have: names accepted or not, established once they were, and every version in
 * which objects may be stored. Undefined when it has it. `now`: RFC 3339.
 */
export function wantedStatus(definition: KubeObject, others: readonly KubeObject[], now: string): KubeObject | undefined {
  const status = (definition['status'] ?? {}) as { conditions?: Condition[]; acceptedNames?: unknown; storedVersions?: string[] };
  const { names, versions } = definition['spec'] as { names: unknown; versions: { name: string; storage: boolean }[] };
  const conflict = nameConflict(definition, others);
  let conditions = status.conditions ?? [];
  const accepted: Condition = conflict
    ? { type: 'NamesAccepted', status: 'False', ...conflict }
    : { type: 'NamesAccepted', status: 'True', reason: 'NoConflicts', message: 'no conflicts found' };
  conditions = setCondition(conditions, accepted, now);
  if (!isEstablished(definition)) {
    const established: Condition = conflict
      ? { type: 'Established', status: 'False', reason: 'NotAccepted', message: 'not all names are accepted' }
      : { type: 'Established', status: 'True', reason: 'InitialNamesAccepted', message: 'the initial names have been accepted' };
    conditions = setCondition(conditions, established, now);
  }
  const storage = versions.filter((v) => v.storage).map((v) => v.name);
  const storedVersions = [...(status.storedVersions ?? []), ...storage.filter((v) => !status.storedVersions?.includes(v))];
  const wanted = { ...status, conditions, acceptedNames: conflict ? (status.acceptedNames ?? { plural: '', kind: '' }) : names, storedVersions };
  return sameJson(status, wanted) ? undefined : ({ ...definition, status: wanted } as KubeObject);
}
