import type {
  CustomResourceDefinition,
  CustomResourceDefinitionCondition,
  CustomResourceDefinitionNames,
  CustomResourceDefinitionStatus,
} from '../../../schema/types.ts';
import type { DefinitionFault } from '../contract.ts';
import { sameJson } from '../patch/equal.ts';
import { bundleProblem } from '../../kinds/custom/definition/ca-bundle.ts';
import { approvalOf, isProtectedGroup } from '../../kinds/custom/definition/approval.ts';
import { isEstablished } from '../../rules/established.ts';
import { judgeNames } from './names.ts';

/** A condition without its time. */
type Condition = Required<Pick<CustomResourceDefinitionCondition, 'type' | 'status' | 'reason' | 'message'>>;

function setCondition(
  conditions: CustomResourceDefinitionCondition[],
  condition: Condition,
  now: string,
): CustomResourceDefinitionCondition[] {
  const old = conditions.find((c) => c.type === condition.type);
  const lastTransitionTime = (old?.status === condition.status ? old.lastTransitionTime : undefined) ?? now;
  const { type, status, reason, message } = condition;
  const made = { type, status, lastTransitionTime, reason, message };
  return old ? conditions.map((c) => (c === old ? made : c)) : [...conditions, made];
}

/** Characters of what is wrong: names in it are the client's. */
const MAX_MESSAGE = 1024;

const APPROVALS = {
  missing: 'MissingAnnotation',
  invalid: 'InvalidAnnotation',
  approved: 'ApprovedAnnotation',
  bypassed: 'UnapprovedAnnotation',
};

/** Whether a definition of a community's group has been reviewed (KEP-1111). */
function approvalCondition(definition: CustomResourceDefinition): Condition {
  const { state, reason } = approvalOf(definition);
  return {
    type: 'KubernetesAPIApprovalPolicyConformant',
    status: state === 'approved' ? 'True' : 'False',
    reason: APPROVALS[state],
    message: reason,
  };
}

/** Of one that has not been established yet. Nobody could be asked for its versions while whom to trust is not known. */
function establishedCondition({ spec }: CustomResourceDefinition, hasConflict: boolean): Condition {
  const type = 'Established';
  if (hasConflict) return { type, status: 'False', reason: 'NotAccepted', message: 'not all names are accepted' };
  if (bundleProblem(spec.conversion?.webhook?.clientConfig?.caBundle) !== undefined)
    return { type, status: 'False', reason: 'InvalidCABundle', message: 'The conversion webhook CABundle is invalid' };
  return { type, status: 'True', reason: 'InitialNamesAccepted', message: 'the initial names have been accepted' };
}

/**
 * The status that a definition should have: names accepted or not, established once they were, and every version in
 * which objects may be stored; and what GraphQL cannot serve of it (null: it can serve all; undefined: it has not looked
 * yet). Undefined when it has it. `taken`: names that others of its group have; `now`: RFC 3339.
 */
export function wantedStatus(
  definition: CustomResourceDefinition,
  taken: readonly CustomResourceDefinitionNames[],
  now: string,
  fault?: DefinitionFault | null,
): CustomResourceDefinitionStatus | undefined {
  const { status = {} } = definition;
  const { group, versions } = definition.spec;
  const { accepted: acceptedNames, conflict } = judgeNames(definition, taken);
  let conditions = status.conditions ?? [];
  const accepted: Condition = conflict
    ? { type: 'NamesAccepted', status: 'False', ...conflict }
    : { type: 'NamesAccepted', status: 'True', reason: 'NoConflicts', message: 'no conflicts found' };
  conditions = setCondition(conditions, accepted, now);
  if (!isEstablished(definition)) {
    conditions = setCondition(conditions, establishedCondition(definition, conflict !== undefined), now);
  }
  if (isProtectedGroup(group)) conditions = setCondition(conditions, approvalCondition(definition), now);
  // Where nothing is wrong it is not there: no other server of the API has it.
  if (fault)
    conditions = setCondition(
      conditions,
      { type: 'GraphQL', status: 'False', reason: fault.reason, message: fault.message.slice(0, MAX_MESSAGE) },
      now,
    );
  else if (fault === null) conditions = conditions.filter(({ type }) => type !== 'GraphQL');
  const storage = versions.filter((v) => v.storage).map((v) => v.name);
  const storedVersions = [
    ...(status.storedVersions ?? []),
    ...storage.filter((v) => !status.storedVersions?.includes(v)),
  ];
  const wanted = { ...status, conditions, acceptedNames, storedVersions };
  return sameJson(status, wanted) ? undefined : wanted;
}
