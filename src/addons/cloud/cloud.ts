import type { Addon } from '../addon.ts';
import { controllersOf } from './controllers/all.ts';
import { localCloud } from './local/local-cloud.ts';
import { ACCOUNT, manifests } from './manifests.ts';
import { roles } from './roles.ts';

/** What a cloud does for a cluster, done by this machine: load balancers, and what is known of nodes. */
export const cloud: Addon = {
  name: 'cloud',
  account: ACCOUNT,
  manifests,
  roles,
  loops({ loadBalancerRange }, { machine, informers, clock, random, atEnd }) {
    const { informer } = informers;
    const provider = localCloud({ machine, informer, clock, random, loadBalancerRange });
    atEnd(() => provider.close());
    return controllersOf(provider);
  },
};
