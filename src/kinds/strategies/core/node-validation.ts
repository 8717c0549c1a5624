import { repeatedAt } from '../../validation/repeated.ts';
import type { Taint } from '../../../../schema/types.ts';
import {
  duplicate,
  internalFieldError,
  invalid,
  notSupported,
  Path,
  required,
  type FieldError,
} from '../../../meta/field.ts';
import { isLabelValue } from '../../../meta/names.ts';
import type { Parts } from '../../../meta/object.ts';
import { rangeFamily } from '../../../meta/address.ts';
import { validateCidr } from '../../validation/ip.ts';
import { validateLabelName } from '../../validation/labels.ts';
import { quantityErrors } from '../../validation/resources.ts';
import { internalValue } from '../../internal-value.ts';

type Errors = FieldError[];
const EFFECTS = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];

export function validateTaints(taints: readonly Parts<Taint>[] | undefined | null, at: Path): Errors {
  const seen = new Set<string>();
  return (taints ?? []).flatMap((taint, i) => {
    const here = at.index(i);
    const { key = '', value = '', effect = '' } = taint;
    const errors = validateLabelName(key, here.child('key'));
    const bad = isLabelValue(value);
    if (bad.length) errors.push(invalid(here.child('value'), value, bad.join(';')));
    if (!effect) errors.push(required(here.child('effect')));
    else if (!EFFECTS.includes(effect)) errors.push(notSupported(here.child('effect'), effect, EFFECTS));
    const pair = `${effect} ${key}`;
    if (seen.has(pair)) {
      const again = duplicate(here, internalValue('Taint', taint));
      errors.push({ ...again, body: `${again.body}: taints must be unique by key and effect pair` });
    }
    seen.add(pair);
    return errors;
  });
}

interface Amounts {
  capacity?: Record<string, string>;
  allocatable?: Record<string, string>;
}

export const validateNodeResources = (status: Amounts | undefined): Errors =>
  (['capacity', 'allocatable'] as const).flatMap((field) =>
    Object.entries(status?.[field] ?? {}).flatMap(([name, amount]) =>
      quantityErrors(amount, Path.root('status').child(field, name), name),
    ),
  );

/** At most one range of each family. */
export function validatePodCidrs(cidrs: readonly string[] | undefined | null, at: Path): Errors {
  if (!cidrs?.length) return [];
  const errors = cidrs.flatMap((cidr, i) => validateCidr(cidr, at.index(i)));
  if (cidrs.length < 2) return errors;
  const families = cidrs.map(rangeFamily);
  const wrong = cidrs.find((_, i) => families[i] === 0);
  if (wrong !== undefined)
    errors.push(
      internalFieldError(
        at,
        `invalid PodCIDRs. failed to check with dual stack with error:invalid CIDR address: ${wrong}`,
      ),
    );
  const dual = wrong === undefined && new Set(families).size === 2;
  if (!dual || cidrs.length > 2)
    errors.push(invalid(at, cidrs, 'may specify no more than one CIDR for each IP family'));
  for (const i of repeatedAt(cidrs)) errors.push(duplicate(at.index(i), cidrs[i]));
  return errors;
}
