import { parseFieldSelector, termsOf, type FieldTerm } from '../../meta/fields.ts';
import { parseLabelSelector } from '../../meta/labels.ts';
import { forbidden, invalid, required, type FieldError, type Path } from '../../meta/field.ts';
import { isLabelValue, isQualifiedName } from '../../meta/names.ts';

interface Requirement {
  key?: string;
  operator?: string;
  values?: string[];
}
interface SelectorAttributes {
  rawSelector?: string;
  requirements?: Requirement[];
}
/** authorization/v1 ResourceAttributes; selectors narrow a list (KEP-4601), and no role speaks of them. */
export interface ResourceAttributes {
  verb?: string;
  group?: string;
  version?: string;
  resource?: string;
  subresource?: string;
  namespace?: string;
  name?: string;
  fieldSelector?: SelectorAttributes;
  labelSelector?: SelectorAttributes;
}

/** An operator that is not known here may be of a newer client: it passes. */
function valueErrors({ operator, values }: Requirement, at: Path): FieldError[] {
  const count = values?.length ?? 0;
  if ((operator === 'In' || operator === 'NotIn') && count === 0) {
    return [required(at.child('values'), "must be specified when `operator` is 'In' or 'NotIn'")];
  }
  return (operator === 'Exists' || operator === 'DoesNotExist') && count > 0
    ? [forbidden(at.child('values'), "may not be specified when `operator` is 'Exists' or 'DoesNotExist'")]
    : [];
}

function fieldRequirementErrors(requirement: Requirement, at: Path): FieldError[] {
  return [
    ...(requirement.key ? [] : [required(at.child('key'), 'must be specified')]),
    ...valueErrors(requirement, at),
  ];
}

function labelRequirementErrors(requirement: Requirement, at: Path): FieldError[] {
  const { key = '', values = [] } = requirement;
  const errors = valueErrors(requirement, at);
  for (const why of isQualifiedName(key)) errors.push(invalid(at.child('key'), key, why));
  values.forEach((value, i) => {
    for (const why of isLabelValue(value)) errors.push(invalid(at.child('values').index(i), value, why));
  });
  return errors;
}

function attributeErrors(
  selector: SelectorAttributes | undefined,
  at: Path,
  check: typeof fieldRequirementErrors,
): FieldError[] {
  if (!selector) return [];
  const { rawSelector = '', requirements = [] } = selector;
  const errors: FieldError[] = [];
  if (rawSelector && requirements.length)
    errors.push(invalid(at.child('rawSelector'), rawSelector, 'may not specified at the same time as requirements'));
  if (!rawSelector && requirements.length === 0) {
    errors.push(required(at.child('requirements'), `when ${at} is specified, requirements or rawSelector is required`));
  }
  requirements.forEach((requirement, i) => errors.push(...check(requirement, at.child('requirements').index(i))));
  return errors;
}

export const selectorErrors = (attributes: ResourceAttributes | undefined, at: Path): FieldError[] => [
  ...attributeErrors(attributes?.fieldSelector, at.child('fieldSelector'), fieldRequirementErrors),
  ...attributeErrors(attributes?.labelSelector, at.child('labelSelector'), labelRequirementErrors),
];

const LABEL_OPERATORS = ['In', 'NotIn', 'Exists', 'DoesNotExist'];
const isLabelRequirement = ({ operator = '' }: Requirement): boolean => LABEL_OPERATORS.includes(operator);
const isFieldRequirement = ({ operator, values = [] }: Requirement): boolean =>
  (operator === 'In' || operator === 'NotIn') && values.length === 1;

/** Whether all of a selector, some of it, or nothing is understood. */
function understood(
  { rawSelector = '', requirements = [] }: SelectorAttributes,
  isKnown: (requirement: Requirement) => boolean,
  parse: (text: string) => unknown,
): 'all' | 'some' | 'nothing' {
  try {
    if (rawSelector) parse(rawSelector);
  } catch {
    return 'nothing';
  }
  const known = requirements.filter(isKnown).length;
  return known === requirements.length ? 'all' : known > 0 ? 'some' : 'nothing';
}

/** What of the selectors was not looked at, which asks for more. Source: BuildEvaluationError of Kubernetes. */
export function selectorProblems({ fieldSelector = {}, labelSelector = {} }: ResourceAttributes = {}): string[] {
  const found = {
    fieldSelector: understood(fieldSelector, isFieldRequirement, parseFieldSelector),
    labelSelector: understood(labelSelector, isLabelRequirement, parseLabelSelector),
  };
  return Object.entries(found).flatMap(([name, how]) => {
    const ignored = how === 'some' ? 'partially ignored' : 'ignored';
    return how === 'all' ? [] : `spec.resourceAttributes.${name} ${ignored} due to parse error`;
  });
}

/**
 * What of a field selector authorisation understands: terms of one value. What it does not is left out, which asks for
 * more. Source: ResourceAttributesFrom of Kubernetes.
 */
export function fieldTermsOf({ rawSelector = '', requirements = [] }: SelectorAttributes = {}): FieldTerm[] {
  if (rawSelector) return termsOf(rawSelector);
  return requirements.flatMap(({ key: field = '', operator, values: [value, ...more] = [] }) => {
    const known = operator === 'In' ? '=' : operator === 'NotIn' ? '!=' : undefined;
    return known && value !== undefined && more.length === 0 ? [{ field, operator: known, value } as const] : [];
  });
}
