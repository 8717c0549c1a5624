import { invalid, type FieldError, type Path } from '../../meta/field.ts';
import { isPercent } from '../../meta/names.ts';
import { validateNonNegative } from './values.ts';

/** Counts and percentages (`5`, `"25%"`), as rollouts and disruption budgets have them (pkg/apis/apps/validation). */
type IntOrString = number | string;

/** A count that is not negative, or a percentage; absent is good. */
export function validatePositiveIntOrPercent(value: IntOrString | null | undefined, at: Path): FieldError[] {
  if (value == null) return [];
  return typeof value === 'number'
    ? validateNonNegative(value, at)
    : isPercent(value).map((why) => invalid(at, value, why));
}

/** What a value counts for: `"25%"` is 25, a text that is neither is as Go's Atoi has it or 0. */
export function intOrPercentValue(value: IntOrString | null | undefined): number {
  if (typeof value !== 'string') return value ?? 0;
  const match = /^([+-]?[0-9]+)$/.exec(isPercent(value).length ? value : value.slice(0, -1));
  return match ? Number(match[1]) : 0;
}

/** Percentages are of a whole. */
export function validateAtMost100Percent(value: IntOrString | null | undefined, at: Path): FieldError[] {
  if (typeof value !== 'string' || isPercent(value).length || intOrPercentValue(value) <= 100) return [];
  return [invalid(at, value, 'must not be greater than 100%')];
}
