import type { Node, NodeSelectorRequirement, NodeSelectorTerm, Pod } from '../../schema/types.ts';
import { parseInt64 } from '../go/parse-int.ts';

function int64(text: string | undefined): bigint | undefined {
  if (text === undefined) return undefined;
  const read = parseInt64(text);
  return 'why' in read ? undefined : read.value;
}

/** Greater is 1, less is -1: whether `value` is so, compared with the one number that the requirement names. */
function compares(value: string | undefined, values: readonly string[], wanted: 1 | -1): boolean {
  const [left, right] = [int64(value), values.length === 1 ? int64(values[0]) : undefined];
  if (left === undefined || right === undefined) return false;
  return wanted === 1 ? left > right : left < right;
}

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
      return compares(value, values, 1);
    case 'Lt':
      return compares(value, values, -1);
    default:
      return false;
  }
}

/** A node has one field, its name; it is compared with one value, and by `In` and `NotIn` only. */
function hasField(name: string, { key, operator, values = [] }: NodeSelectorRequirement): boolean {
  if (values.length !== 1 || (operator !== 'In' && operator !== 'NotIn')) return false;
  return ((key === 'metadata.name' ? name : '') === values[0]) === (operator === 'In');
}

/**
 * All requirements of the term; a term without any matches nothing. Source: component-helpers nodeaffinity.
 */
export function matchesTerm(term: NodeSelectorTerm | undefined, { metadata }: Node): boolean {
  const { matchExpressions = [], matchFields = [] } = term ?? {};
  if (matchExpressions.length + matchFields.length === 0) return false;
  return (
    matchExpressions.every((requirement) => satisfies(metadata.labels?.[requirement.key], requirement)) &&
    matchFields.every((requirement) => hasField(metadata.name, requirement))
  );
}

/**
 * `spec.nodeSelector` and the required part of `spec.affinity.nodeAffinity`: whether the pod may go to the node.
 * Source: component-helpers nodeaffinity GetRequiredNodeAffinity.
 */
export function matchesNode(pod: Pick<Pod, 'spec'>, node: Node): boolean {
  const wanted = pod.spec?.nodeSelector;
  for (const key in wanted) if (node.metadata.labels?.[key] !== wanted[key]) return false;
  const required = pod.spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  return !required || (required.nodeSelectorTerms ?? []).some((term) => matchesTerm(term, node));
}
