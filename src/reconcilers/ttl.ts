import type { Context, Key, Reconciler } from '../control/contract.ts';
import { unlessGone } from '../control/conflict.ts';

const TTL = 'node.alpha.kubernetes.io/ttl';

/** For how long kubelets may keep Secrets and ConfigMaps, by the size of the cluster; bounds overlap, so that it does not waver. */
const STEPS = [
  { least: 0, most: 100, seconds: 0 },
  { least: 90, most: 500, seconds: 15 },
  { least: 450, most: 1000, seconds: 30 },
  { least: 900, most: 2000, seconds: 60 },
  { least: 1800, most: Infinity, seconds: 300 },
];

/** The step to be at with so many nodes, coming from `step`. */
export function ttlStep(nodes: number, step: number): number {
  let next = step;
  while (nodes > STEPS[next]!.most) next++;
  while (nodes < STEPS[next]!.least) next--;
  return next;
}

/** Writes on each node for how long its kubelet may keep what it has read. Source: pkg/controller/ttl. */
export function ttl(): Reconciler {
  let step = 0;
  let count = 0;
  return {
    name: 'ttl',
    watches: [
      {
        resource: 'nodes',
        // counted as they come and go: a list of all at each change of one would be long
        *keys(node, old, ctx): Iterable<Key> {
          if (!old) count++;
          if (!node) count--;
          const before = step;
          step = ttlStep(count, step);
          if (step !== before) for (const { metadata } of ctx.informer('nodes').list()) yield metadata.name;
          if (node && node.metadata.annotations?.[TTL] !== String(STEPS[step]!.seconds)) yield node.metadata.name;
        },
      },
    ],
    reconcile: (name, ctx) => annotate(name, String(STEPS[step]!.seconds), ctx),
  };
}

async function annotate(name: string, seconds: string, ctx: Context): Promise<void> {
  const node = ctx.informer('nodes').get('', name);
  if (!node || node.metadata.annotations?.[TTL] === seconds) return;
  const patch = { metadata: { annotations: { [TTL]: seconds } } };
  await unlessGone(ctx.client.patch('nodes', '', name, patch, { type: 'merge' }));
}
