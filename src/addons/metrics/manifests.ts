import type { Addon, Manifest } from '../addon.ts';
import { aggregatedPlace, apiServiceOf } from '../aggregated-manifests.ts';

/** Names under which people and tools look for a cluster's metrics. */
export const SERVICE = 'metrics-server';
export const ACCOUNT = SERVICE;
export const GROUP = 'metrics.k8s.io';
export const VERSION = 'v1beta1';

export const manifests: Addon['manifests'] = () => aggregatedPlace(SERVICE);

/** The API, of the server that shows this certificate. @param cert PEM */
export const apiService = (cert: string): Manifest =>
  apiServiceOf({ name: SERVICE, group: GROUP, version: VERSION, versionPriority: 100, cert });
