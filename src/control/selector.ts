import type { LabelSelector } from '../../schema/types.ts';
import { labelSelectorAsSelector } from '../meta/labels.ts';

export type LabelMatcher = (labels: Record<string, string> | undefined) => boolean;

/** The matcher of a LabelSelector: an absent one selects nothing, an empty one everything (meta/v1 LabelSelector). */
export function labelMatcher(selector: LabelSelector | undefined | null): LabelMatcher {
  const parsed = labelSelectorAsSelector(selector);
  return (labels) => parsed.matches(labels);
}

/** The matcher of a plain map (Service, ReplicationController); an absent or empty one selects nothing. */
export const mapMatcher = (selector: Record<string, string> | undefined): LabelMatcher =>
  labelMatcher(selector && Object.keys(selector).length ? { matchLabels: selector } : undefined);

export const isEmptySelector = (selector: LabelSelector | undefined): boolean =>
  !selector || (Object.keys(selector.matchLabels ?? {}).length === 0 && (selector.matchExpressions ?? []).length === 0);
