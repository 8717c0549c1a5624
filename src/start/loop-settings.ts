import type { Cluster } from '../addons/addon.ts';
import type { ServiceProxyMode } from '../nodes/contract.ts';
import type { LimitOptions } from '../nodes/contract.ts';
import type { ImageOptions } from '../nodes/images/node-images.ts';
import type { NodeLimits } from './node-limits.ts';
import type { NodeCidrs } from '../reconcilers/nodeipam.ts';
import type { NodeSpec, Options, PodsOnStop, Role } from './options.ts';

/** What crosses to a worker thread. */
export interface LoopSettings {
  roles: Role[];
  data: string;
  nodes: NodeSpec[];
  nodeName: string | undefined;
  images: ImageOptions;
  limits: LimitOptions;
  nodeIP: string | undefined;
  nodeLimits: NodeLimits;
  serviceProxy: ServiceProxyMode;
  /** whether the pods of the process node end with it, or go on without it */
  podsOnStop: PodsOnStop;
  /** who the loops are among others that could lead */
  identity: string;
  /** where the API is, for figures */
  server: string;
  /** PEM of the cluster's CA */
  ca: string;
  /** ms; undefined: as kube-controller-manager has it */
  legacyTokenCleanUp: number | undefined;
  /** ms; undefined: as kube-controller-manager has it */
  autoscalerPeriod: number | undefined;
  /** versions that are served beside those that always are: controllers of their kinds run */
  optionalVersions: string[];
  /** ranges of the nodes' pods; undefined: they get none */
  nodeCidrs: NodeCidrs | undefined;
  /** of Services: the first and the last */
  nodePortRange: readonly [number, number];
  /** names of add-ons */
  addons: string[];
  /** what nodes and add-ons know of the cluster */
  cluster: Cluster;
}

/** How the loops say what has happened. */
export type Report = (message: string, fields?: Record<string, unknown>) => void;

export const loopSettings = (options: Options, ca: string, identity: string): LoopSettings => ({
  identity,
  server: options.server === undefined ? `${options.bindAddress}:${options.securePort}` : new URL(options.server).host,
  podsOnStop: options.podsOnStop,
  roles: [...options.roles].filter((r) => r !== 'api'),
  data: options.data,
  nodes: options.nodes,
  nodeName: options.nodeName,
  images: options.images,
  limits: options.limits,
  nodeIP: options.nodeIP,
  nodeLimits: options.nodeLimits,
  serviceProxy: options.serviceProxy,
  ca,
  legacyTokenCleanUp: options.legacyTokenCleanUp,
  autoscalerPeriod: options.autoscalerPeriod,
  optionalVersions: options.optionalVersions,
  nodeCidrs: options.nodeCidrs && { ranges: options.nodeCidrs, serviceCidr: options.serviceCidr },
  nodePortRange: options.nodePortRange,
  addons: options.addons,
  cluster: {
    dnsIP: options.serviceCidr.replace(/(?<!\d)\d+\/\d+$/, '10'),
    domain: 'cluster.local',
    ingress: options.ingress,
    loadBalancerRange: options.loadBalancerRange,
    nodeGroups: options.nodeGroups,
  },
});
