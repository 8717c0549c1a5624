import type { KubeObject, OwnerReference } from '../meta/object.ts';

/** What the collector needs to know of one object. */
export interface GraphNode {
  resource: string;
  apiVersion: string;
  kind: string;
  namespace: string;
  name: string;
  uid: string;
  owners: readonly OwnerReference[];
  deleting: boolean;
  /** waits until its blocking dependents are gone (foreground deletion) */
  foreground: boolean;
  /** its dependents must lose their reference before it goes */
  orphaning: boolean;
}

/** Owners and dependents of every object, by uid. As large as the cluster has objects: it is an index of the informers. */
export class OwnerGraph {
  private readonly nodes = new Map<string, GraphNode>();
  private readonly dependents = new Map<string, Set<string>>();

  get(uid: string): GraphNode | undefined {
    return this.nodes.get(uid);
  }

  dependentsOf(uid: string): GraphNode[] {
    return [...(this.dependents.get(uid) ?? [])].flatMap((dependent) => this.nodes.get(dependent) ?? []);
  }

  put(
    resource: string,
    apiVersion: string,
    kind: string,
    object: KubeObject,
  ): { node: GraphNode; old: GraphNode | undefined } {
    const { uid, namespace = '', name, ownerReferences = [], finalizers = [], deletionTimestamp } = object.metadata;
    const deleting = deletionTimestamp !== undefined;
    const node: GraphNode = {
      resource,
      apiVersion,
      kind,
      namespace,
      name,
      uid,
      deleting,
      owners: ownerReferences,
      foreground: deleting && finalizers.includes('foregroundDeletion'),
      orphaning: deleting && finalizers.includes('orphan'),
    };
    const old = this.nodes.get(uid);
    this.nodes.set(uid, node);
    for (const owner of old?.owners ?? []) this.unlink(owner.uid, uid);
    for (const owner of ownerReferences) {
      const set = this.dependents.get(owner.uid);
      if (set) set.add(uid);
      else this.dependents.set(owner.uid, new Set([uid]));
    }
    return { node, old };
  }

  remove(uid: string): GraphNode | undefined {
    const node = this.nodes.get(uid);
    this.nodes.delete(uid);
    for (const owner of node?.owners ?? []) this.unlink(owner.uid, uid);
    return node;
  }

  private unlink(owner: string, dependent: string): void {
    const set = this.dependents.get(owner);
    set?.delete(dependent);
    if (set?.size === 0) this.dependents.delete(owner);
  }
}
