import { reject, type Plugin } from '../plugin.ts';
import type { HostPort } from '../pod-info.ts';

/** Host ports that are taken on the node. */
export const nodePorts: Plugin<true> = {
  name: 'NodePorts',
  events: [
    { resource: 'pods', on: ['delete'] },
    { resource: 'nodes', on: ['add', 'update'] },
  ],
  prepareFilter: ({ ports }) => (ports.length ? { state: true } : undefined),
  filter(_state, { ports }, node) {
    for (const { ports: taken } of node.pods.values()) {
      for (const port of taken) {
        if (ports.some((wanted) => conflict(wanted, port))) {
          return reject("node(s) didn't have free ports for the requested pod ports");
        }
      }
    }
    return undefined;
  },
};

const ANY = '0.0.0.0';
const conflict = (a: HostPort, b: HostPort): boolean =>
  a.port === b.port && a.protocol === b.protocol && (a.ip === b.ip || a.ip === ANY || b.ip === ANY);
