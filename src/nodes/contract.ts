import type { Taint } from '../../schema/types.ts';
import type { EventRecorder } from '../control/contract.ts';
import type { Clock } from '../rules/clock.ts';
import type { EvictionSettings } from './eviction/thresholds.ts';
import type { Client } from '../client/contract.ts';
import type { ReadManifest } from './static/static-pod.ts';
import type { ImageOptions } from './images/node-images.ts';
import type { Informers } from '../client/informers.ts';

/** What every agent needs from the process that hosts it. */
export interface NodeDependencies {
  /** acts for the node; the agent narrows it to `system:node:NAME` */
  client: Client;
  /** as the node may read them: the pods bound to it, and services */
  informers: Pick<Informers, 'informer'>;
  clock: Clock;
  /** 0 ≤ n < 1 */
  random(): number;
  log(message: string, fields?: Record<string, unknown>): void;
  /** with source component `kubelet` and the node's name as host */
  events: EventRecorder;
}

export type ServiceProxyMode = 'auto' | 'nftables' | 'userspace';

/** How a node holds pods to what they may use. */
export interface LimitOptions {
  /** processes and threads of each pod; as many as all together when absent */
  podPids?: number;
  /** containers whose limits this machine cannot enforce are refused; they run without them when absent */
  required?: boolean;
  /** amounts that are not for pods: `{ cpu: '500m', memory: '1Gi' }` */
  systemReserved?: Readonly<Record<string, string>>;
  kubeReserved?: Readonly<Record<string, string>>;
  /** when pods are evicted so that the node does not run out; by default as `DEFAULT_EVICTION` says */
  eviction?: EvictionSettings;
}

/** How long the pods of a node have to end when it goes down, ms; 0: there is no such time. */
export interface ShutdownPeriods {
  /** all of them */
  total: number;
  /** of that, the critical ones, which end when the others have */
  critical: number;
}

export interface NodeOptions extends NodeDependencies {
  name: string;
  /** where pods' volumes, logs and records live; made when it is missing */
  dataDir: string;
  /** the host's folder that no container sees, with all that ku7s keeps; `dataDir` when absent */
  hidden?: string;
  /** InternalIP of the node, on which the kubelet server listens; the one by which others know the machine when absent */
  address?: string;
  /** 0: any free port */
  port?: number;
  /** PEM of the cluster's CA: it signs the kubelet's serving certificate, and that of who may call it */
  ca: string;
  clusterDomain?: string;
  /** address at which pods ask for names, written to their resolv.conf */
  dnsIP?: string;
  /** addresses that node ports listen on */
  nodePortAddresses?: readonly string[];
  /** number of the pod network tried first: 10.244.N.0/24 */
  podNetwork?: number;
  /** pods that the node takes */
  maxPods?: number;
  /** sysctls that pods may set besides the safe ones; a `*` at the end stands for anything */
  allowedUnsafeSysctls?: readonly string[];
  limits?: LimitOptions;
  /** what runs containers: processes of this machine (default), or a containerd of the node's own */
  runtime?: 'process' | 'containerd';
  /** somebody collects what containers have written, also of pods that are gone */
  logsCollected?: boolean;
  /** where images come from */
  images?: ImageOptions;
  labels?: Readonly<Record<string, string>>;
  taints?: readonly Taint[];
  /** services and endpoint slices: cluster IPs and node ports are served by them; one agent per machine */
  serviceProxy?: Pick<Informers, 'informer'>;
  /** one agent of a machine serves node ports and health checks; the others their own pods alone (default: it does) */
  servesMachine?: boolean;
  /** network policies, and the pods and namespaces of the cluster: pods are held to the policies by them */
  networkPolicies?: Pick<Informers, 'informer'>;
  /** how Services are served: by the kernel's nftables, by this process, or as the machine permits (default) */
  serviceProxyMode?: ServiceProxyMode;
  /** a folder of static pods, or the manifest of one; absolute, with what reads them */
  manifests?: { path: string; read: ReadManifest } | undefined;
  /** how long pods have to end, by their priority, when the node is stopped with its containers; at once when absent */
  shutdown?: ShutdownPeriods | undefined;
  /** on `stop`: end the containers, or leave them to be adopted by the next start */
  onStop?: 'kill' | 'leave';
  /** network namespaces: `auto` uses them where the machine allows */
  podNamespaces?: 'auto' | 'off';
}

export interface NodeHandle {
  /** port of the kubelet server, once started */
  readonly port: number;
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** Version that nodes report. */
export const KUBELET_VERSION = 'v1.35.0+ku7s';
/** Lines of waiting work that one agent keeps at most; beyond it the oldest pods wait. */
export const DEFAULT_MAX_PODS = 110;
