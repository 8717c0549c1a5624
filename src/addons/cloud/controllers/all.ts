import type { Reconciler } from '../../../control/contract.ts';
import type { CloudProvider } from '../provider.ts';
import { cloudNodeController } from './cloud-node.ts';
import { cloudNodeLifecycleController } from './node-lifecycle.ts';
import { routeController } from './route.ts';
import { serviceController } from './service.ts';

/** The controllers of cloud-controller-manager 1.35 for what this cloud has. @param podRanges of all pods, for routes */
export const controllersOf = (
  { instances, loadBalancers, routes }: CloudProvider,
  podRanges: readonly string[] = [],
): Reconciler[] => [
  ...(instances ? [cloudNodeController(instances), cloudNodeLifecycleController(instances)] : []),
  ...(loadBalancers ? [serviceController(loadBalancers)] : []),
  ...(routes ? [routeController(routes, podRanges)] : []),
];
