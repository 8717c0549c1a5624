import type { Service } from '../../../../schema/types.ts';
import { semanticEqual } from '../../../control/equal.ts';

/** By which a Service stays until its load balancer is gone. */
export const FINALIZER = 'service.kubernetes.io/load-balancer-cleanup';

const hasFinalizer = ({ metadata }: Service): boolean => metadata.finalizers?.includes(FINALIZER) ?? false;

/** A Service that names no class, or this one. @param own the cloud's class */
export const wantsBalancer = ({ spec }: Service, own: string): boolean =>
  spec?.type === 'LoadBalancer' && (spec.loadBalancerClass ?? own) === own;

/** It carries the finalizer, and ends or is none that has a load balancer any more. */
export const needsCleanup = (service: Service): boolean =>
  hasFinalizer(service) && (!!service.metadata.deletionTimestamp || service.spec?.type !== 'LoadBalancer');

/** What of a Service its load balancer is made by: all else may change without it. */
const shapeOf = ({ metadata, spec = {} }: Service) => [
  metadata.uid,
  metadata.annotations ?? {},
  spec.loadBalancerSourceRanges ?? [],
  (spec.ports ?? []).map(({ name = '', protocol = 'TCP', port, nodePort = 0, targetPort }) => [
    name,
    protocol,
    port,
    nodePort,
    targetPort,
  ]),
  spec.sessionAffinity ?? '',
  spec.sessionAffinityConfig ?? {},
  spec.loadBalancerIP ?? '',
  spec.externalIPs ?? [],
  spec.externalTrafficPolicy ?? '',
  spec.healthCheckNodePort ?? 0,
  (spec.ipFamilies ?? []).length,
];

/** Whether the load balancer that was made for the one is not that of the other (`needsUpdate` of cloud-provider). */
export const needsUpdate = (old: Service, service: Service): boolean => !semanticEqual(shapeOf(old), shapeOf(service));
