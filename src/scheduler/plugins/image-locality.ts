import type { Plugin } from '../plugin.ts';

const MB = 1024 * 1024;
/** Images smaller than this are quick to fetch; larger than that nobody wants to fetch again. Bytes for one container. */
const LEAST = 23 * MB;
const MOST = 1000 * MB;

/** Nodes that have the pod's images. Images count by the share of nodes that have them, so that no node becomes a magnet. */
export const imageLocality: Plugin = {
  name: 'ImageLocality',
  events: [],
  score: {
    weight: 1,
    score(_state, { pod }, node, snapshot) {
      const containers = [...(pod.spec?.initContainers ?? []), ...(pod.spec?.containers ?? [])];
      let sum = 0;
      for (const { image } of containers) {
        const name = normalized(image ?? '');
        const known = node.images.has(name) ? snapshot.image(name) : undefined;
        if (known) sum += Math.trunc(known.size * (known.nodes / snapshot.nodes.length));
      }
      const most = MOST * containers.length;
      return Math.trunc((100 * (Math.min(most, Math.max(LEAST, sum)) - LEAST)) / (most - LEAST));
    },
  },
};

/** With the tag that a name without one means. */
const normalized = (name: string): string => (name.lastIndexOf(':') <= name.lastIndexOf('/') ? `${name}:latest` : name);
