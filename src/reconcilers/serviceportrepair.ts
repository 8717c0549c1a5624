import type { Service } from '../../schema/types.ts';
import type { Context, Key, Reconciler } from '../control/contract.ts';
import { keyOf, splitKey } from '../control/keys.ts';
import { nodePortsOf } from '../rules/node-ports.ts';

const BY_PORT = 'nodePort';
/** ms until a port that is wrong is told again: nobody but who writes the Service can mend it */
const PERIOD_MS = 180_000;

/**
 * Tells of Services whose node ports are none of the cluster's, or another Service's. The API gives no such port: they
 * come from a range that was another one before, or from a database that was written by hand. That a port was not
 * reserved is told by the API, which repairs it when it starts.
 * Source: pkg/registry/core/service/portallocator/controller.
 * @param range the first and the last port
 */
export function serviceportrepair([first, last]: readonly [number, number]): Reconciler {
  return {
    name: 'portallocator-repair',
    account: 'portallocator-repair',
    source: 'portallocator-repair-controller',
    action: () => 'PortAllocation',
    indexes: { services: { [BY_PORT]: (service) => nodePortsOf(service.spec).map(String) } },
    watches: [
      {
        resource: 'services',
        *keys(service, old, ctx): Iterable<Key> {
          const ports = new Set([service, old].flatMap((one) => nodePortsOf(one?.spec)));
          if (ports.size && service) yield keyOf(service);
          // who has one of its ports too may be the only one now, or no longer
          for (const port of ports) for (const other of holders(port, ctx)) yield keyOf(other);
        },
      },
    ],
    reconcile(key, ctx) {
      const { namespace, name } = splitKey(key);
      const service = ctx.informer('services').get(namespace, name);
      const faults = nodePortsOf(service?.spec).flatMap((port): [reason: string, message: string][] => {
        if (port < first || port > last)
          return [
            ['PortOutOfRange', `Port ${port} is not within the port range ${first}-${last}; please recreate service`],
          ];
        if (holders(port, ctx)[0] === service) return [];
        return [['PortAlreadyAllocated', `Port ${port} was assigned to multiple services; please recreate service`]];
      });
      if (!service || faults.length === 0) return Promise.resolve();
      for (const [reason, message] of faults)
        ctx.events.event({ ...service, apiVersion: 'v1', kind: 'Service' }, 'Warning', reason, message);
      return Promise.resolve({ requeueAfter: PERIOD_MS });
    },
  };
}

/** The Services that have the port, in the order in which the API lists them: it is the first one's. */
const holders = (port: number, ctx: Context): Service[] =>
  [...ctx.informer('services').index(BY_PORT, String(port))].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
