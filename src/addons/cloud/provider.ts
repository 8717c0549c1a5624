import type { LoadBalancerStatus, Node, NodeAddress, Service } from '../../../schema/types.ts';

/**
 * What a cloud does for a cluster, as the controllers in `controllers/` ask for it; what a cloud has nothing of is not
 * there. They know none of the clouds, and a cloud knows none of them.
 */
export interface CloudProvider {
  instances?: Instances;
  loadBalancers?: LoadBalancers;
  routes?: Routes;
  nodeGroups?: NodeGroups;
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

/** Nodes that are alike, of which there can be more or fewer. */
export interface NodeGroup {
  readonly id: string;
  readonly minSize: number;
  readonly maxSize: number;
  /** how many it is to have; those that do not answer yet count */
  readonly targetSize: number;
  /** What a new one of that name will be when it is ready. */
  template(name: string): Node;
  /** @throws Error why not all could be had; `targetSize` says how many there are to be then */
  increase(by: number): Promise<void>;
  /** Ends the machine of a node, and its node; the group is to have one less. */
  delete(node: string): Promise<void>;
}

export interface NodeGroups {
  /** Resolves when it is known which nodes there are. */
  ready(): Promise<void>;
  all(): readonly NodeGroup[];
  /** the group that the node is of */
  groupOf(node: Node): NodeGroup | undefined;
}
