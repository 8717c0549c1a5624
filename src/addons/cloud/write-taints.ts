import type { Node, Taint } from '../../../schema/types.ts';
import { unlessGone } from '../../control/conflict.ts';
import type { Context } from '../../control/contract.ts';

/**
 * Gives a node these taints and no others.
 * @returns undefined where the node is gone
 * @throws Conflict where it has changed since it was read: a taint that somebody has added meanwhile is his
 */
export function writeTaints(node: Node, taints: readonly Taint[], { client }: Context): Promise<Node | undefined> {
  const { name, resourceVersion } = node.metadata;
  const patch = { metadata: { resourceVersion }, spec: { taints: taints.length ? taints : null } };
  return unlessGone(client.patch('nodes', '', name, patch));
}
