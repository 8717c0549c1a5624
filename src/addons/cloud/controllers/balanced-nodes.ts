import type { Node } from '../../../../schema/types.ts';
import { isNodeLeaving } from '../../../rules/nodes.ts';

const EXCLUDED = 'node.kubernetes.io/exclude-from-external-load-balancers';
/** What Go's ParseBool takes for false. */
const FALSE = new Set(['0', 'f', 'F', 'false', 'FALSE', 'False']);

const isIncluded = ({ metadata }: Node): boolean => {
  const label = metadata.labels?.[EXCLUDED];
  return label === undefined || FALSE.has(label);
};

/**
 * Nodes to which load balancers may lead, ready or not: the balancer's own health checks tell (KEP-3458).
 * Source: `stableNodeSetPredicates` of cloud-provider.
 */
export const balancedNodes = (nodes: readonly Node[]): Node[] =>
  nodes.filter((node) => isIncluded(node) && !isNodeLeaving(node));

/** Two sets are the same for a load balancer that has these. */
export const signOf = (nodes: readonly Node[]): string =>
  nodes
    .map(({ metadata, spec }) => `${metadata.name}=${spec?.providerID ?? ''}`)
    .sort()
    .join('\n');

/** The nodes' set as it is may be another after this change. */
export const mayMatter = (node: Node | undefined, old: Node | undefined): boolean =>
  !node || !old || isIncluded(node) !== isIncluded(old) || node.spec?.providerID !== old.spec?.providerID;
