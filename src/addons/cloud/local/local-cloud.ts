import type { Cluster, LoopPlace } from '../../addon.ts';
import { Reach } from '../../reach.ts';
import type { CloudProvider } from '../provider.ts';
import { AddressPool } from './address-pool.ts';
import { LocalBalancers } from './local-balancers.ts';
import { localInstances } from './local-instances.ts';
import { LocalNodeGroups } from './local-node-groups.ts';
import { Targets } from './targets.ts';

/** This machine as a cloud: it has no routes, since what leads to the pods on it is there already. */
export function localCloud({ loadBalancerRange, nodeGroups }: Cluster, place: LoopPlace): CloudProvider {
  const { machine, clock, random, client, log, lent } = place;
  const informer: LoopPlace['informers']['informer'] = (resource) => place.informers.informer(resource);
  const slices = informer('endpointslices.discovery.k8s.io');
  const serviceCIDRs = informer('servicecidrs.networking.k8s.io');
  const reach = new Reach({ machine, slices, serviceCIDRs, pods: () => informer('pods') });
  const targets = new Targets(slices, reach, clock);
  const loadBalancers = new LocalBalancers({
    targets,
    clock,
    random,
    pool: new AddressPool(loadBalancerRange),
    services: informer('services'),
    owns: (address) => machine.owns(address),
  });
  const groups = new LocalNodeGroups({
    groups: lent ? nodeGroups.groups : [],
    nodes: informer('nodes'),
    startNode: lent?.startNode ?? (() => Promise.reject(new Error('this process starts no nodes'))),
    client,
    random,
    log,
  });
  return {
    instances: localInstances(groups),
    loadBalancers,
    ...(groups.all().length && { nodeGroups: groups }),
    async close() {
      targets.stop();
      await loadBalancers.close();
      await groups.close();
    },
  };
}
