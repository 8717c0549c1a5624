import type { Resources } from '../../schema/types.ts';
import type { Client } from '../client/contract.ts';
import type { Informers } from '../client/informers.ts';
import type { Reconciler } from '../control/contract.ts';
import type { Clock } from '../rules/clock.ts';
import type { Parts } from '../meta/object.ts';
import type { NodeGroupSettings } from './cloud/node-group-settings.ts';
import type { Lent } from './lent.ts';
import type { Machine } from './machine.ts';

/** Where the objects and the accounts of all add-ons are. */
export const NAMESPACE = 'kube-system';

/**
 * A part of the cluster that is no part of Kubernetes itself. It is a client like any other: it shows itself by objects
 * of its own, acts as a service account of its own, and has the rights that its own roles give it and no others.
 */
export interface Addon {
  /** `dns`: its name for --addons; its field manager is `addon-dns` */
  name: string;
  /** service account in kube-system, one of its manifests, as which its loops and its server act */
  account: string;
  /**
   * What there is of it in the cluster: ServiceAccount, Service, ConfigMap … Applied at each start with only the fields
   * that are said here: what was deleted comes back, what was changed of them is as it was, and what others have added
   * (a label, an annotation) stays.
   */
  manifests(cluster: Cluster): readonly Manifest[];
  /** Rights of its account, and bindings of them to it alone. Applied like the manifests. */
  roles: readonly RoleManifest[];
  /** By resource, of which of its objects its caches know: a selector of fields. All when not said. */
  selects?: Readonly<Record<string, string>>;
  /** Controllers, which run where those of Kubernetes run: in one process at a time, that which leads. */
  loops?(cluster: Cluster, place: LoopPlace): readonly Reconciler[];
  /** What runs beside the agent of each node that is this machine, for what only a node can do. */
  onNode?(place: NodePlace): NodePart;
  /**
   * A server, in every process that has the role `controllers`, whether it leads or not: what it answers must outlive a
   * leader. Of several, one is in the EndpointSlice of its Service, and another steps in when that one no longer answers.
   * @throws Error why this machine cannot carry it, which is said in one line; everything else goes on
   */
  serve?(context: ServeContext): Promise<Serving>;
}

/** What add-ons know of the cluster; decided where the program starts. */
export interface Cluster {
  /** address at which nodes tell pods to ask for names, of the range of Services */
  dnsIP: string;
  /** `cluster.local` */
  domain: string;
  /** where requests from outside come in */
  ingress: EdgeSettings;
  /** of which LoadBalancer Services are given their addresses: `127.64.0.0/24`, `192.0.2.10-192.0.2.19`, apart by commas */
  loadBalancerRange: string;
  nodeGroups: NodeGroupSettings;
}

/** Where the proxy of Ingresses listens. */
export interface EdgeSettings {
  /** undefined: the loopback, and the address by which the machine is known */
  address: string | undefined;
  /** undefined: 80, or another where it cannot be had; 0: a free one */
  httpPort: number | undefined;
  /** undefined: 443, or another where it cannot be had; 0: a free one */
  httpsPort: number | undefined;
  /** whether each request is a line of the log */
  accessLog: boolean;
}

/** Where loops run that hold something of the machine. */
export interface LoopPlace {
  machine: Machine;
  /** those of the loops; what is asked of them before the loops start is filled when they do */
  informers: Pick<Informers, 'informer'>;
  clock: Clock;
  /** 0 ≤ n < 1 */
  random(): number;
  /** not there where the program lends nothing */
  lent?: Lent;
  log(message: string, fields?: Record<string, unknown>): void;
  /** acts as the add-on's account */
  client: Client;
  /** work for the time after the loops have ended */
  atEnd(work: () => Promise<void>): void;
}

/** A node of this machine. */
export interface NodePlace {
  node: string;
  /** the add-on's own on that node, absolute; it is there when it is made */
  directory: string;
  /** where the node's agent keeps what containers write */
  logs: string;
}

export interface NodePart {
  /** its loops act as the node, and not as the add-on's account */
  asNode?: boolean;
  loops: readonly Reconciler[];
  /** loops that run only while these custom resources are served */
  whileDefined?: { resources: readonly string[]; loops: readonly Reconciler[] };
  /** after the loops have ended */
  stop?(): Promise<void>;
}

export interface ServeContext {
  cluster: Cluster;
  machine: Machine;
  /** acts as the add-on's account */
  client: Client;
  /** of that client; stopped with the server */
  informers: Pick<Informers, 'informer'>;
  clock: Clock;
  /** 0 ≤ n < 1 */
  random(): number;
  log(message: string, fields?: Record<string, unknown>): void;
  /** What a server needs that speaks TLS behind this Service of kube-system; made anew each time. */
  certify(service: string): Promise<ServingCertificate>;
}

export interface ServingCertificate {
  /** PEM: signed by itself, for `SERVICE.kube-system.svc`. In base64 it is the `caBundle` of an APIService. */
  cert: string;
  /** PEM, PKCS #8 */
  key: string;
  /** PEM of the CA that has signed the certificate under which the API server calls, `CN=front-proxy-client` */
  clientCA: string;
}

/** A server that listens. */
export interface Serving {
  /** the Service in kube-system, without selector, that leads to it */
  service: string;
  /** by the names that the Service's ports have. One of them is TCP: by connecting to it others see that it answers. */
  ports: readonly { name: string; protocol: 'TCP' | 'UDP'; port: number }[];
  /**
   * What can be said only now. An HTTP API is an APIService here, which names `service` and has in `caBundle` the
   * certificate that the server shows (`certify` of the context); callers come through the API server with
   * X-Remote-User and X-Remote-Group, which are to be believed only under the front proxy's certificate.
   */
  manifests?: readonly Manifest[];
  stop(): Promise<void>;
}

/** An object as its add-on declares it: the fields that are its own. */
type Declared<T> = Parts<Omit<T, 'apiVersion' | 'kind' | 'metadata' | 'status'>> & {
  apiVersion: string;
  kind: string;
  metadata: {
    name: string;
    namespace?: string;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
  };
};
type ManifestOf<R extends keyof Resources> = {
  [K in R]: {
    resource: K;
    object: Declared<Resources[K]>;
    /** made where it is missing, and whoever's changes it then */
    once?: boolean;
    /** whether what is there is somebody else's, and is to be left as it is */
    isOthers?(live: Resources[R]): boolean;
  };
}[R];

export type Manifest = ManifestOf<keyof Resources>;
export type RoleManifest = ManifestOf<
  | 'clusterroles.rbac.authorization.k8s.io'
  | 'clusterrolebindings.rbac.authorization.k8s.io'
  | 'roles.rbac.authorization.k8s.io'
  | 'rolebindings.rbac.authorization.k8s.io'
>;

/** User as which the API knows an add-on. */
export const userOf = ({ account }: Addon): string => `system:serviceaccount:${NAMESPACE}:${account}`;
/** Field manager of all that an add-on writes. */
export const managerOf = ({ name }: Addon): string => `addon-${name}`;
