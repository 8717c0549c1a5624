import type { Affinity, LabelSelector, PodAffinityTerm, PodSpec } from '../../../../../schema/types.ts';
import { forbidden, invalid, type FieldError, type Path } from '../../../../meta/field.ts';
import { isQualifiedName } from '../../../../meta/names.ts';
import type { Parts } from '../../../../meta/object.ts';
import { addReasons } from '../../../validation/report.ts';

/** `matchLabelKeys` and `mismatchLabelKeys` (KEP-3633, KEP-3243): keys whose values the pod's own labels give. */
export function addLabelKeys(
  errors: FieldError[],
  match: readonly string[],
  mismatch: readonly string[],
  selector: Parts<LabelSelector> | undefined,
  at: Path,
): void {
  if (match.length === 0 && mismatch.length === 0) return;
  addNames(errors, match, selector, at.child('matchLabelKeys'));
  addNames(errors, mismatch, selector, at.child('mismatchLabelKeys'));
  if (selector) {
    // The requirements that the keys stand for are in the selector already, so only a second one is too many.
    const seen = new Set(Object.keys(selector.matchLabels ?? {}));
    for (const { key = '' } of selector.matchExpressions ?? []) {
      const i = match.lastIndexOf(key);
      if (i >= 0 && seen.has(key))
        errors.push(invalid(at.index(i), key, 'exists in both matchLabelKeys and labelSelector'));
      seen.add(key);
    }
  }
  match.forEach((key, i) => {
    if (mismatch.includes(key))
      errors.push(
        invalid(at.child('matchLabelKeys').index(i), key, 'exists in both matchLabelKeys and mismatchLabelKeys'),
      );
  });
}

function addNames(
  errors: FieldError[],
  keys: readonly string[],
  selector: Parts<LabelSelector> | undefined,
  at: Path,
): void {
  if (keys.length === 0) return;
  if (!selector) errors.push(forbidden(at, 'must not be specified when labelSelector is not set'));
  else keys.forEach((key, i) => addReasons(errors, isQualifiedName(key), key, at.index(i)));
}

function merge(
  selector: Parts<LabelSelector> | undefined,
  keys: readonly string[] | undefined,
  operator: 'In' | 'NotIn',
  labels: Record<string, string>,
): void {
  if (!selector) return;
  for (const key of keys ?? []) {
    const value = labels[key];
    if (value !== undefined) (selector.matchExpressions ??= []).push({ key, operator, values: [value] });
  }
}

function termsOf(affinity: Parts<Affinity>): (Parts<PodAffinityTerm> | undefined)[] {
  return [affinity.podAffinity, affinity.podAntiAffinity].flatMap((kind) => [
    ...(kind?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map((weighted) => weighted.podAffinityTerm),
    ...(kind?.requiredDuringSchedulingIgnoredDuringExecution ?? []),
  ]);
}

/** Writes what the keys of a new pod stand for into its selectors, once: its labels may change later. Changes `spec`. */
export function mergeLabelKeys(spec: Parts<PodSpec>, labels: Record<string, string> | undefined): void {
  if (!labels) return;
  if (spec.affinity) {
    for (const term of termsOf(spec.affinity)) {
      merge(term?.labelSelector, term?.matchLabelKeys, 'In', labels);
      merge(term?.labelSelector, term?.mismatchLabelKeys, 'NotIn', labels);
    }
  }
  for (const constraint of spec.topologySpreadConstraints ?? [])
    merge(constraint.labelSelector, constraint.matchLabelKeys, 'In', labels);
}
