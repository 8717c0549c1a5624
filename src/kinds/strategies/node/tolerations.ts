import { duplicate, invalid, notSupported, type FieldError, type Path } from '../../../meta/field.ts';
import { isLabelValue } from '../../../meta/names.ts';
import { validateLabelName } from '../../validation/labels.ts';

interface Toleration {
  key?: string;
  operator?: string;
  value?: string;
  effect?: string;
  tolerationSeconds?: number;
}
const OPERATORS = ['Equal', 'Exists'];
const EFFECTS = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];

/** As Go prints the internal struct. */
const internal = (t: Toleration): unknown => ({
  Key: t.key ?? '',
  Operator: t.operator ?? '',
  Value: t.value ?? '',
  Effect: t.effect ?? '',
  TolerationSeconds: t.tolerationSeconds ?? null,
});

function tolerationErrors(toleration: Toleration, at: Path): FieldError[] {
  const { key = '', operator = '', value = '', effect = '', tolerationSeconds } = toleration;
  const errors: FieldError[] = key ? validateLabelName(key, at.child('key')) : [];
  if (!key && operator !== 'Exists') {
    const why = 'operator must be Exists when `key` is empty, which means "match all values and all keys"';
    errors.push(invalid(at.child('operator'), operator, why));
  }
  if (tolerationSeconds !== undefined && effect !== 'NoExecute') {
    errors.push(invalid(at.child('effect'), effect, "effect must be 'NoExecute' when `tolerationSeconds` is set"));
  }
  if (operator === 'Exists') {
    if (value) errors.push(invalid(at.child('operator'), internal(toleration), "value must be empty when `operator` is 'Exists'"));
  } else if (operator === 'Equal' || operator === '') {
    const why = isLabelValue(value);
    if (why.length) errors.push(invalid(at.child('operator'), value, why.join(';')));
  } else errors.push(notSupported(at.child('operator'), operator, OPERATORS));
  if (effect && !EFFECTS.includes(effect)) errors.push(notSupported(at.child('effect'), effect, EFFECTS));
  return errors;
}

/** Tolerations that a class adds to its pods; each but once, whatever its seconds. */
export function tolerationListErrors(tolerations: Toleration[] | undefined, at: Path): FieldError[] {
  const seen = new Set<string>();
  const errors = (tolerations ?? []).flatMap((toleration, i) => tolerationErrors(toleration, at.index(i)));
  (tolerations ?? []).forEach((toleration, i) => {
    const { key = '', operator = '', value = '', effect = '' } = toleration;
    const identity = JSON.stringify([key, operator, value, effect]);
    if (seen.has(identity)) errors.push(duplicate(at.index(i), internal(toleration)));
    seen.add(identity);
  });
  return errors;
}
