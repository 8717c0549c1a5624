import { reject, type Plugin } from '../plugin.ts';

/** A pod that names its node already. */
export const nodeName: Plugin = {
  name: 'NodeName',
  events: [{ resource: 'nodes', on: ['add'], helps: (pod, node) => pod.spec?.nodeName === node?.metadata.name }],
  filter(_state, { pod }, node) {
    const wanted = pod.spec?.nodeName;
    return wanted && wanted !== node.name ? reject("node(s) didn't match the requested node name", true) : undefined;
  },
};
