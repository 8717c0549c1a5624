import type { Addon } from '../addon.ts';
import { autoscaler } from './autoscaler/autoscaler.ts';
import { controllersOf } from './controllers/all.ts';
import { localCloud } from './local/local-cloud.ts';
import { ACCOUNT, manifests } from './manifests.ts';
import { roles } from './roles.ts';

/** What a cloud does for a cluster, done by this machine: load balancers, nodes on demand, and what is known of them. */
export const cloud: Addon = {
  name: 'cloud',
  account: ACCOUNT,
  manifests,
  roles,
  loops(cluster, place) {
    const provider = localCloud(cluster, place);
    place.atEnd(() => provider.close());
    const { nodeGroups } = provider;
    const controllers = controllersOf(provider);
    if (!nodeGroups || !place.lent) return controllers;
    return [...controllers, autoscaler(nodeGroups, place.lent.placement, cluster.nodeGroups.autoscaler)];
  },
};
