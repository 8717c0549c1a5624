import type { Node, Pod, Taint } from '../../schema/types.ts';
import type { Context } from '../control/contract.ts';

/** What the program lends to loops of add-ons, which know nothing of nodes or of the scheduler. */
export interface Lent {
  startNode: StartNode;
  placement: MakePlacement;
}

/** A node that this machine is to have. */
export interface NewNode {
  name: string;
  runtime: 'simulated' | 'process';
  /** of a simulated one; a process node has what the machine has */
  capacity: { cpu: string; memory: string; pods: string };
  zone: string;
  labels: Readonly<Record<string, string>>;
  taints: readonly Taint[];
}

/** Starts a node, or takes up again the one of that name. Rejects where this process may not. */
export type StartNode = (node: NewNode) => Promise<{ stop(): Promise<void> }>;

/**
 * A cluster as it could be, judged by the scheduler's own filters: pods are put on its nodes without being told.
 * Nothing of it changes the cluster.
 */
export interface Placement {
  addNode(node: Node): void;
  /** the node, and the pods that were put on it */
  removeNode(name: string): void;
  /**
   * Puts the pod on the first of the nodes that take it.
   * @param among by name; all when not said
   * @returns the node, or why none takes it, as the scheduler would say it
   */
  place(pod: Pod, among?: (node: string) => boolean): { node: string } | { message: string };
  /**
   * Takes a node away, and puts these pods of it elsewhere. Where one finds no place, all is as it was.
   * @returns that one
   */
  evacuate(node: string, pods: readonly Pod[]): Pod | undefined;
}
/** @param informer of those who ask: with the rights to see what schedulers look at */
export type MakePlacement = (informer: Context['informer'], nodes: readonly Node[], pods: readonly Pod[]) => Placement;
