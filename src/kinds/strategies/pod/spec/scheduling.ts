import type { PodSpec, Toleration } from '../../../../../schema/types.ts';
import { duplicate, invalid, notSupported, type FieldError, type Path } from '../../../../meta/field.ts';
import { isLabelValue, isQualifiedName } from '../../../../meta/names.ts';
import type { Parts } from '../../../../meta/object.ts';
import { addReasons } from '../../../validation/report.ts';

const EFFECTS = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];

/** core/v1 ValidateTolerations. */
export function addTolerations(
  errors: FieldError[],
  tolerations: readonly Parts<Toleration>[] | undefined,
  at: Path,
): void {
  tolerations?.forEach((toleration, i) => addToleration(errors, toleration, at.index(i)));
}

function addToleration(errors: FieldError[], toleration: Parts<Toleration>, at: Path): void {
  const { key, value = '', effect, tolerationSeconds } = toleration;
  const operator: string = toleration.operator ?? '';
  if (key) addReasons(errors, isQualifiedName(key), key, at, 'key');
  else if (operator !== 'Exists') {
    errors.push(
      invalid(
        at.child('operator'),
        operator,
        'operator must be Exists when `key` is empty, which means "match all values and all keys"',
      ),
    );
  }
  if (tolerationSeconds != null && effect !== 'NoExecute') {
    errors.push(
      invalid(at.child('effect'), effect ?? '', "effect must be 'NoExecute' when `tolerationSeconds` is set"),
    );
  }
  addOperator(errors, operator, value, at.child('operator'));
  if (effect && !EFFECTS.includes(effect)) errors.push(notSupported(at.child('effect'), effect, EFFECTS));
}

function addOperator(errors: FieldError[], operator: string, value: string, at: Path): void {
  if (operator === 'Equal' || operator === '') {
    const reasons = isLabelValue(value);
    if (reasons.length) errors.push(invalid(at, value, reasons.join(';')));
  } else if (operator === 'Exists') {
    if (value) errors.push(invalid(at, value, "value must be empty when `operator` is 'Exists'"));
  } else {
    // comparisons are an alpha feature that is off: named, but not supported
    const known = operator === 'Lt' || operator === 'Gt' ? ['Equal', 'Exists', 'Lt', 'Gt'] : ['Equal', 'Exists'];
    errors.push(notSupported(at, operator, known));
  }
}

/** Conditions that others set before the pod counts as ready, and names that keep it from the scheduler. */
export function addGates(errors: FieldError[], { readinessGates, schedulingGates }: Parts<PodSpec>, at: Path): void {
  readinessGates?.forEach(({ conditionType = '' }, i) => {
    const reasons = isQualifiedName(conditionType);
    if (reasons.length)
      addReasons(errors, reasons, conditionType, at.child('readinessGates').index(i), 'conditionType');
  });
  const seen = new Set<string>();
  schedulingGates?.forEach(({ name = '' }, i) => {
    const here = at.child('schedulingGates').index(i);
    addReasons(errors, isQualifiedName(name), name, here);
    if (seen.has(name)) errors.push(duplicate(here, name));
    seen.add(name);
  });
}
