import type { MatchResources } from '../../../../schema/types.ts';
import type { AdmissionRequest } from '../plugin.ts';
import { asSent, matchedAs, type Matched } from './rules.ts';
import { selectorsMatch } from './selectors.ts';

/**
 * As what the constraints of a policy or binding are about a request; undefined where they are not. Throws 404 without
 * the namespace that they look at. Source: apiserver's policy/matching.
 */
export function constraintsMatch(
  constraints: MatchResources | undefined,
  request: AdmissionRequest,
): Matched | undefined {
  if (!constraints) return asSent(request);
  const { excludeResourceRules, matchPolicy, resourceRules } = constraints;
  const equivalent = matchPolicy !== 'Exact';
  const matched = resourceRules?.length ? matchedAs(resourceRules, request, equivalent) : asSent(request);
  if (!matched || matchedAs(excludeResourceRules, request, equivalent)) return undefined;
  const selected = selectorsMatch(constraints, request);
  if (selected === false) return undefined;
  if (selected !== true) throw selected;
  return matched;
}
