import type { LoadBalancerStatus, Node, NodeAddress, Service } from '../../../schema/types.ts';

/**
 * What a cloud does for a cluster, as the controllers in `controllers/` ask for it; what a cloud has nothing of is not
 * there. They know none of the clouds, and a cloud knows none of them.
 */
export interface CloudProvider {
  instances?: Instances;
  loadBalancers?: LoadBalancers;
  routes?: Routes;
  /** what the cloud holds for the cluster in this process ends: listeners are closed, machines are let go */
  close(): Promise<void>;
}

/** The machines behind nodes. */
export interface Instances {
  /** Whether there is one; for a node that is not of this cloud too. */
  exists(node: Node): Promise<boolean>;
  /** Whether it is there and does not run. */
  isShutdown(node: Node): Promise<boolean>;
  /** undefined: of this node the cloud has nothing to say */
  metadata(node: Node): Promise<InstanceMetadata | undefined>;
}

export interface InstanceMetadata {
  /** `PROVIDER://…` */
  providerID: string;
  instanceType?: string;
  addresses: readonly NodeAddress[];
  zone?: string;
  region?: string;
  /** further labels; those of Kubernetes' own domains are not taken, and none that is there is changed */
  labels?: Readonly<Record<string, string>>;
}

/** Every method may be called again with the same, and throws an Error whose message is for an event. */
export interface LoadBalancers {
  /** The class of Services that are its own; those that name none are too. */
  readonly loadBalancerClass: string;
  /** Where it is reached; undefined where there is none for the Service. */
  get(service: Service): Promise<LoadBalancerStatus | undefined>;
  /** Made, or brought to what the Service says. @param nodes to which it may lead */
  ensure(service: Service, nodes: readonly Node[]): Promise<LoadBalancerStatus>;
  /** Other nodes for one that there is. */
  update(service: Service, nodes: readonly Node[]): Promise<void>;
  delete(service: Service): Promise<void>;
}

/** A way to the pods of a node. */
export interface Route {
  /** the cloud's own name */
  name?: string;
  /** name of the node */
  targetNode: string;
  destinationCIDR: string;
  /** it leads nowhere any more */
  blackhole?: boolean;
}

export interface Routes {
  list(): Promise<Route[]>;
  /** @param hint by which the cloud may name it: the node's uid */
  create(route: Route, hint: string): Promise<void>;
  delete(route: Route): Promise<void>;
}
