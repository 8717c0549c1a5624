import type { Context } from '../../../control/contract.ts';
import type { Machine } from '../../machine.ts';
import { Reach } from '../../reach.ts';
import type { CloudProvider } from '../provider.ts';
import { AddressPool } from './address-pool.ts';
import { LocalBalancers } from './local-balancers.ts';
import { localInstances } from './local-instances.ts';
import { Targets } from './targets.ts';

export interface LocalCloudOptions extends Pick<Context, 'informer' | 'clock' | 'random'> {
  machine: Machine;
  /** `127.64.0.0/24` */
  loadBalancerRange: string;
}

/** This machine as a cloud: it has no routes, since what leads to the pods on it is there already. */
export function localCloud(options: LocalCloudOptions): CloudProvider & { loadBalancers: LocalBalancers } {
  const { informer, machine, clock, random, loadBalancerRange } = options;
  const slices = informer('endpointslices.discovery.k8s.io');
  const serviceCIDRs = informer('servicecidrs.networking.k8s.io');
  const reach = new Reach({ machine, slices, serviceCIDRs, pods: () => informer('pods') });
  const targets = new Targets(slices, reach);
  const loadBalancers = new LocalBalancers({
    targets,
    clock,
    random,
    pool: new AddressPool(loadBalancerRange),
    services: informer('services'),
    owns: (address) => machine.owns(address),
  });
  return {
    instances: localInstances,
    loadBalancers,
    async close() {
      targets.stop();
      await loadBalancers.close();
    },
  };
}
