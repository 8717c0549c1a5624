import { reject, type Plugin } from '../plugin.ts';
import { hostPorts, type HostPort } from '../pod-info.ts';

/** Host ports that are taken on the node. */
export const nodePorts: Plugin<true> = {
  name: 'NodePorts',
  events: [
    {
      resource: 'pods',
      on: ['delete'],
      helps: (pod, _gone, old) => !!old && conflicts(hostPorts(pod), hostPorts(old)),
    },
    { resource: 'nodes', on: ['add'] },
  ],
  prepareFilter: ({ ports }) => (ports.length ? { state: true } : undefined),
  filter(_state, { ports }, node) {
    for (const { ports: taken } of node.pods.values()) {
      if (conflicts(ports, taken)) return reject("node(s) didn't have free ports for the requested pod ports");
    }
    return undefined;
  },
};

const ANY = '0.0.0.0';
const conflicts = (wanted: readonly HostPort[], taken: readonly HostPort[]): boolean =>
  taken.some((port) => wanted.some((other) => conflict(other, port)));
const conflict = (a: HostPort, b: HostPort): boolean =>
  a.port === b.port && a.protocol === b.protocol && (a.ip === b.ip || a.ip === ANY || b.ip === ANY);
