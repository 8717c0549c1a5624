import type { Node } from '../../schema/types.ts';
import { errorMessage } from '../meta/error-message.ts';
import { isStatusError } from '../meta/status.ts';
import type { Context, Key, Reconciler } from '../control/contract.ts';
import { NodeCidrSet } from './node-cidr-set.ts';

/** The ranges that nodes get their pods' addresses from: one, or one of each family. */
export interface NodeCidrs {
  ranges: readonly { cidr: string; mask: number }[];
  /** addresses of Services, which no pod may have */
  serviceCidr: string | undefined;
}

/** Attempts to write a node's ranges. */
const ATTEMPTS = 3;

/**
 * Gives each node ranges for the addresses of its pods. What is taken is read off the nodes when it starts.
 * Source: pkg/controller/nodeipam, RangeAllocator.
 */
export function nodeipam({ ranges, serviceCidr }: NodeCidrs): Reconciler {
  const sets = ranges.map(({ cidr, mask }) => new NodeCidrSet(cidr, mask));
  if (serviceCidr !== undefined) for (const set of sets) set.occupy(serviceCidr);
  return {
    name: 'node-ipam',
    account: 'node-controller',
    source: 'cidrAllocator',
    watches: [
      {
        resource: 'nodes',
        *keys(node, old, ctx): Iterable<Key> {
          if (!node) {
            for (const [i, cidr] of (old?.spec?.podCIDRs ?? []).entries()) sets[i]?.release(cidr);
            return;
          }
          const { podCIDRs = [] } = node.spec ?? {};
          if (podCIDRs.length === 0) yield node.metadata.name;
          else if (String(podCIDRs) !== String(old?.spec?.podCIDRs ?? [])) occupy(node, sets, ctx);
        },
      },
    ],
    reconcile: (name, ctx) => assign(name, sets, ctx),
  };
}

function occupy({ metadata: { name }, spec }: Node, sets: readonly NodeCidrSet[], ctx: Context): void {
  for (const [i, cidr] of (spec?.podCIDRs ?? []).entries()) {
    if (sets[i]?.occupy(cidr)) continue;
    ctx.log('a range of a node is not of the cluster', { node: name, cidr, clusterCIDR: sets[i]?.cidr ?? 'none' });
  }
}

async function assign(name: string, sets: readonly NodeCidrSet[], ctx: Context): Promise<void> {
  const node = ctx.informer('nodes').get('', name);
  if (!node || node.metadata.deletionTimestamp || node.spec?.podCIDRs?.length) return;
  const cidrs: string[] = [];
  for (const [i, set] of sets.entries()) {
    const cidr = set.allocate();
    if (cidr === undefined) {
      giveBack(cidrs, sets);
      told(node, 'CIDRNotAvailable', ctx);
      const why = 'CIDR allocation failed; there are no remaining CIDRs left to allocate in the accepted range';
      throw new Error(`failed to allocate cidr from cluster cidr at idx:${i}: ${why}`);
    }
    cidrs.push(cidr);
  }
  for (let attempt = 1; ; attempt++) {
    try {
      const spec = { podCIDR: cidrs[0], podCIDRs: cidrs };
      await ctx.client.patch('nodes', '', name, { spec }, { type: 'strategic' });
      return;
    } catch (error) {
      const isGone = isStatusError(error, 'NotFound');
      if (!isGone && attempt < ATTEMPTS) continue;
      // where the answer got lost they may be the node's: then they are seen with it
      if (!isStatusError(error, 'ServerTimeout')) giveBack(cidrs, sets);
      if (isGone) return;
      told(node, 'CIDRAssignmentFailed', ctx);
      throw new Error(`node ${name}: ${errorMessage(error)}`, { cause: error });
    }
  }
}

function giveBack(cidrs: readonly string[], sets: readonly NodeCidrSet[]): void {
  for (const [i, cidr] of cidrs.entries()) sets[i]?.release(cidr);
}

function told({ metadata: { name, uid } }: Node, status: string, ctx: Context): void {
  const about = { apiVersion: 'v1', kind: 'Node', metadata: { name, uid } };
  ctx.events.event(about, 'Normal', status, `Node ${name} status is now: ${status}`);
}
