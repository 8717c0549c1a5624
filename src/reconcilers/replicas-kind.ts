import type { ObjectOf } from '../client/contract.ts';
import type { PodOwner } from '../control/pod-owner.ts';

export type ReplicasResource = 'replicasets.apps' | 'replicationcontrollers';
export type Replicas = ObjectOf<ReplicasResource>;

/** What ReplicaSet and ReplicationController differ in. */
export interface ReplicasKind<R extends ReplicasResource = ReplicasResource> extends PodOwner<R> {
  /** of the controller */
  name: string;
}
