import { hostPorts, hostPortsConflict } from '../../rules/host-ports.ts';
import { reject, type Plugin } from '../plugin.ts';

/** Host ports that are taken on the node. */
export const nodePorts: Plugin<true> = {
  name: 'NodePorts',
  events: [
    {
      resource: 'pods',
      on: ['delete'],
      helps: (pod, _gone, old) => !!old && hostPortsConflict(hostPorts(pod), hostPorts(old)),
    },
    { resource: 'nodes', on: ['add'] },
  ],
  prepareFilter: ({ ports }) => (ports.length ? { state: true } : undefined),
  filter(_state, { ports }, node) {
    for (const { ports: taken } of node.pods.values()) {
      if (hostPortsConflict(ports, taken)) return reject("node(s) didn't have free ports for the requested pod ports");
    }
    return undefined;
  },
};
