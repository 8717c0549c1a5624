import { Kind } from 'graphql';
import type { Operation } from '../schema/operation.ts';

type Variables = Record<string, unknown> | null | undefined;

/** Marks a field (as its `extensions`) that has a latest state: its argument `resume` is each subscriber's own. */
export const HAS_LATEST = { latest: true } as const;

/**
 * The token that a subscriber goes on from, and the variables without it: who were told different things last share what
 * comes. Only a token in a variable, and of a field that has a latest state, is taken out.
 */
export function resumeOf(
  operation: Operation | undefined,
  variables: Variables,
): { resume: string | undefined; variables: Variables } {
  const none = { resume: undefined, variables };
  if (operation?.node.operation !== 'subscription' || !variables) return none;
  const [root] = operation.node.selectionSet.selections;
  if (root?.kind !== Kind.FIELD) return none;
  const field = operation.schema.getSubscriptionType()?.getFields()[root.name.value];
  if (!field?.extensions['latest']) return none;
  const value = root.arguments?.find(({ name }) => name.value === 'resume')?.value;
  if (value?.kind !== Kind.VARIABLE) return none;
  const { [value.name.value]: resume, ...rest } = variables;
  return typeof resume === 'string' ? { resume, variables: rest } : none;
}
