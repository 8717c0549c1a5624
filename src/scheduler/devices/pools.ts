import type { Device, Node, ResourceSlice } from '../../../schema/types.ts';
import { matchesTerm } from '../../rules/node-selector.ts';
import { deviceId } from './claim-ledger.ts';

/** A device that could be allocated on the node. */
export interface Candidate {
  id: string;
  device: Device;
  slice: ResourceSlice;
}

/** The devices of one driver that belong together, as far as the node can reach them. */
export interface Pool {
  /** `DRIVER/POOL` */
  id: string;
  slices: readonly ResourceSlice[];
  /** not all of its slices have been published, or are those of before */
  isIncomplete: boolean;
  /** two devices have one name */
  isInvalid: boolean;
}

/** Slices that can matter to a node, and all of a pool. */
export interface SliceLister {
  slicesOn(node: string): readonly ResourceSlice[];
  slicesOf(driver: string, pool: string): readonly ResourceSlice[];
}

/** Whether the slice's devices can be reached from the node. */
function reaches({ spec: { nodeName, allNodes, nodeSelector } }: ResourceSlice, node: Node): boolean {
  if (nodeName) return nodeName === node.metadata.name;
  return allNodes === true || (nodeSelector?.nodeSelectorTerms.some((term) => matchesTerm(term, node)) ?? false);
}

/** The pools that a node can reach, each in its newest generation. Source: structured GatherPools. */
export function poolsOf(node: Node, slices: SliceLister): Pool[] {
  const byPool = new Map<string, ResourceSlice[]>();
  for (const slice of slices.slicesOn(node.metadata.name)) {
    if (!reaches(slice, node)) continue;
    const { driver, pool } = slice.spec;
    const id = `${driver}/${pool.name}`;
    const known = byPool.get(id);
    const newest = known?.[0]?.spec.pool.generation ?? -1;
    if (!known || pool.generation > newest) byPool.set(id, [slice]);
    else if (pool.generation === newest) known.push(slice);
  }
  const pools: Pool[] = [];
  for (const [id, reached] of byPool) {
    const state = stateOf(reached, slices);
    if (state === 'obsolete') continue;
    const isIncomplete = state === 'incomplete';
    pools.push({ id, slices: reached, isIncomplete, isInvalid: !isIncomplete && hasDuplicates(reached) });
  }
  return pools;
}

/** Slices that the node does not reach count too: the pool may be whole, or in a generation that left the node out. */
function stateOf(reached: readonly ResourceSlice[], slices: SliceLister): 'whole' | 'incomplete' | 'obsolete' {
  const { driver, pool } = (reached[0] as ResourceSlice).spec;
  if (reached.length === pool.resourceSliceCount) return 'whole';
  let count = 0;
  for (const { spec } of slices.slicesOf(driver, pool.name)) {
    if (spec.pool.generation > pool.generation) return 'obsolete';
    if (spec.pool.generation === pool.generation) count++;
  }
  return count === pool.resourceSliceCount ? 'whole' : 'incomplete';
}

function hasDuplicates(slices: readonly ResourceSlice[]): boolean {
  const names = new Set<string>();
  for (const { spec } of slices) {
    for (const { name } of spec.devices ?? []) {
      if (names.has(name)) return true;
      names.add(name);
    }
  }
  return false;
}

export const candidatesOf = (slice: ResourceSlice): Candidate[] =>
  (slice.spec.devices ?? []).map((device) => ({
    id: deviceId(slice.spec.driver, slice.spec.pool.name, device.name),
    device,
    slice,
  }));
