import { forbidden, invalid, required, tooLong, type FieldError, type Path } from '../../meta/field.ts';
import type { LabelSelectorLike } from '../../meta/labels.ts';
import { isLabelValue, isQualifiedName } from '../../meta/names.ts';
import type { Parts } from '../../meta/object.ts';

/** Keys and values of all annotations together, in bytes. */
const MAX_ANNOTATIONS = 256 * 1024;

export const validateLabelName = (name: string, at: Path): FieldError[] =>
  isQualifiedName(name).map((why) => invalid(at, name, why));

/** Labels of an object or of `matchLabels`; errors stand at the map, as Kubernetes has them. */
export function validateLabels(labels: Record<string, string> | undefined | null, at: Path): FieldError[] {
  const errors: FieldError[] = [];
  for (const key of Object.keys(labels ?? {}).sort()) {
    const value = (labels as Record<string, string>)[key] as string;
    for (const why of isQualifiedName(key)) errors.push(invalid(at, key, why));
    for (const why of isLabelValue(value)) errors.push(invalid(at, value, why));
  }
  return errors;
}

export function validateAnnotations(annotations: Record<string, string> | undefined | null, at: Path): FieldError[] {
  const errors: FieldError[] = [];
  let size = 0;
  for (const key of Object.keys(annotations ?? {}).sort()) {
    const value = (annotations as Record<string, string>)[key] as string;
    for (const why of isQualifiedName(key.toLowerCase())) errors.push(invalid(at, key, why));
    size += Buffer.byteLength(key) + Buffer.byteLength(value);
  }
  if (size > MAX_ANNOTATIONS) errors.push(tooLong(at, MAX_ANNOTATIONS));
  return errors;
}

export interface SelectorRules {
  /** objects from before values were checked may keep theirs */
  allowInvalidValues?: boolean;
}

export function validateLabelSelector(
  selector: Parts<LabelSelectorLike> | undefined | null,
  at: Path,
  rules: SelectorRules = {},
): FieldError[] {
  if (!selector) return [];
  const errors = validateLabels(selector.matchLabels, at.child('matchLabels'));
  (selector.matchExpressions ?? []).forEach((expression, i) => {
    errors.push(...validateRequirement(expression, at.child('matchExpressions').index(i), rules));
  });
  return errors;
}

type Requirement = NonNullable<Parts<LabelSelectorLike>['matchExpressions']>[number];

function validateRequirement(
  { key = '', operator = '', values }: Requirement,
  at: Path,
  rules: SelectorRules,
): FieldError[] {
  const errors: FieldError[] = [];
  const count = values?.length ?? 0;
  if (operator === 'In' || operator === 'NotIn') {
    if (count === 0) errors.push(required(at.child('values'), "must be specified when `operator` is 'In' or 'NotIn'"));
  } else if (operator === 'Exists' || operator === 'DoesNotExist') {
    if (count)
      errors.push(forbidden(at.child('values'), "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"));
  } else errors.push(invalid(at.child('operator'), operator, 'not a valid selector operator'));
  errors.push(...validateLabelName(key, at.child('key')));
  if (rules.allowInvalidValues) return errors;
  values?.forEach((value, i) => {
    for (const why of isLabelValue(value)) errors.push(invalid(at.child('values').index(i), value, why));
  });
  return errors;
}
