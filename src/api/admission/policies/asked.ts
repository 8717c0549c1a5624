import type { MatchResources, ParamRef } from '../../../../schema/types.ts';
import type { Kind } from '../../../kinds/kind.ts';
import type { KubeObject } from '../../../meta/object.ts';
import { isStatusError } from '../../../meta/status.ts';
import { constraintsMatch } from '../matching/constraints.ts';
import type { Matched } from '../matching/rules.ts';
import type { AdmissionRequest } from '../plugin.ts';
import type { View, Views } from '../view.ts';
import { paramsOf } from './params.ts';

/** Questions that decide nothing, and policies themselves: who could forbid these could not be undone. */
const EXEMPT =
  /admissionpolicies|admissionpolicybindings|^(?:tokenreviews|selfsubjectreviews|(?:local|self)?subjectaccessreviews|selfsubjectrulesreviews)$/;
export const isExempt = (resource: string): boolean => EXEMPT.test(resource);

/** What a binding is asked with. */
export interface Asked {
  readonly matched: Matched;
  readonly view: View;
  readonly params: readonly (KubeObject | undefined)[];
}

/** Undefined where a binding is not about the request. Throws Error where it cannot be asked. */
export async function askable(
  request: AdmissionRequest,
  { spec }: { readonly spec: { matchResources?: MatchResources; paramRef?: ParamRef } },
  matched: Matched,
  paramKind: Kind | undefined,
  views: Views,
): Promise<Asked | undefined> {
  if (!constraintsMatch(spec.matchResources, request)) return undefined;
  const params = await paramsOf(request, paramKind, spec);
  return { matched, params, view: await views.of(matched) };
}

/** A Status without code and details reads as its message. */
export const wordsOf = (error: Error): string => (isStatusError(error) ? (error.status.message ?? '') : error.message);
