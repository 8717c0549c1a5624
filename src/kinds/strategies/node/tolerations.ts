import type { Toleration } from '../../../../schema/types.ts';
import { duplicate, type FieldError, type Path } from '../../../meta/field.ts';
import type { Parts } from '../../../meta/object.ts';
import { internalValue } from '../../internal-value.ts';
import { addTolerations } from '../pod/spec/scheduling.ts';

/** Tolerations that a class adds to its pods; each but once, whatever its seconds. */
export function tolerationListErrors(tolerations: Parts<Toleration>[] | undefined, at: Path): FieldError[] {
  const seen = new Set<string>();
  const errors: FieldError[] = [];
  addTolerations(errors, tolerations, at);
  (tolerations ?? []).forEach((toleration, i) => {
    const { key = '', operator = '', value = '', effect = '' } = toleration;
    const identity = JSON.stringify([key, operator, value, effect]);
    if (seen.has(identity)) errors.push(duplicate(at.index(i), internalValue('Toleration', toleration)));
    seen.add(identity);
  });
  return errors;
}
