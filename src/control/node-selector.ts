import type { Node, NodeSelectorRequirement, NodeSelectorTerm, Pod } from '../../schema/types.ts';

function satisfies(value: string | undefined, { operator, values = [] }: NodeSelectorRequirement): boolean {
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    case 'Gt':
    case 'Lt': {
      if (value === undefined || !/^[+-]?\d+$/.test(value) || values.length !== 1 || !/^[+-]?\d+$/.test(values[0]!)) {
        return false;
      }
      return operator === 'Gt' ? BigInt(value) > BigInt(values[0]!) : BigInt(value) < BigInt(values[0]!);
    }
    default:
      return false;
  }
}

/** All requirements of the term; a term without any matches nothing. */
export function matchesTerm(term: NodeSelectorTerm | undefined, { metadata }: Node): boolean {
  const { matchExpressions = [], matchFields = [] } = term ?? {};
  if (matchExpressions.length + matchFields.length === 0) return false;
  return (
    matchExpressions.every((requirement) => satisfies(metadata.labels?.[requirement.key], requirement)) &&
    matchFields.every((requirement) =>
      satisfies(requirement.key === 'metadata.name' ? metadata.name : undefined, requirement),
    )
  );
}

/** `spec.nodeSelector` and the required part of `spec.affinity.nodeAffinity`. */
export function matchesNode(pod: Pod, node: Node): boolean {
  for (const [key, value] of Object.entries(pod.spec?.nodeSelector ?? {}))
    if (node.metadata.labels?.[key] !== value) return false;
  const required = pod.spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  return !required || (required.nodeSelectorTerms ?? []).some((term) => matchesTerm(term, node));
}
