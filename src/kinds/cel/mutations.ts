import type { Mutation } from '../../../schema/optional-types.ts';
import type { Variables } from '../../cel/check.ts';
import type { Program } from '../../cel/expression.ts';
import type { Steps } from '../../meta/steps.ts';
import { compileFor } from './admission.ts';
import { OBJECT_TYPE, PATCHES, PATCH_TYPE } from './patch-types.ts';

const RETURNS: Readonly<Record<Mutation['patchType'], readonly string[]>> = {
  ApplyConfiguration: [OBJECT_TYPE],
  JSONPatch: [`list(${PATCH_TYPE})`],
};

/** The same variables as another object: what is compiled with patches is kept apart from what is compiled without. */
const patching = new WeakMap<Variables, Variables>();

/** The program of a mutation, which may make `Object` and `JSONPatch`, or why it is none, in the words of the API server. */
export function compileMutation(
  patchType: Mutation['patchType'],
  expression: string,
  variables: Variables,
): Steps<{ program: Program } | { error: string }> {
  let own = patching.get(variables);
  if (!own) patching.set(variables, (own = { ...variables }));
  return compileFor(expression, own, RETURNS[patchType], PATCHES);
}
