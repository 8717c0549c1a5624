import type { Node, Pod } from '../../schema/types.ts';
import { NodeInfo } from './node-info.ts';
import { podInfo, type PodInfo } from './pod-info.ts';
import type { ClusterView, Snapshot } from './snapshot.ts';

/**
 * Nodes and the pods on them, in memory. A pod counts from the moment a node was chosen for it (assumed), not when the
 * API server says so: the next decision must see it. It is the snapshot itself, because decisions are synchronous.
 */
export class SchedulerCache implements Snapshot {
  private readonly byName = new Map<string, NodeInfo>();
  /** where each pod is counted, by uid */
  private readonly placed = new Map<string, string>();
  private readonly assumed = new Set<string>();
  /** pods on nodes that are not known (yet) */
  private readonly stray = new Map<string, Map<string, PodInfo>>();
  /** by image name; the size is the one that the first node told, as kube-scheduler has it */
  private readonly images = new Map<string, { size: number; nodes: number }>();
  private readonly waiting = new Map<string, { info: PodInfo; node: string }>();
  private list: NodeInfo[] | undefined;
  readonly withAffinity = new Set<NodeInfo>();
  readonly withAntiAffinity = new Set<NodeInfo>();

  constructor(readonly cluster: ClusterView) {}

  get nodes(): readonly NodeInfo[] {
    return (this.list ??= [...this.byName.values()]);
  }
  node(name: string): NodeInfo | undefined {
    return this.byName.get(name);
  }
  image(name: string): { size: number; nodes: number } | undefined {
    return this.images.get(name);
  }
  nominated(node: string, priority: number, except: string): readonly PodInfo[] {
    const found: PodInfo[] = [];
    for (const [uid, entry] of this.waiting) {
      if (entry.node === node && uid !== except && entry.info.priority >= priority) found.push(entry.info);
    }
    return found;
  }

  supposing<T>(node: NodeInfo, pods: readonly PodInfo[], run: () => T): T {
    // Victims of a preemption may be supposed away from the node just now: it stays where they have put it.
    const indexes = [this.withAffinity, this.withAntiAffinity].filter((index) => index.has(node));
    try {
      for (const info of pods) node.add(info);
      this.reindex(node);
      return run();
    } finally {
      for (const { pod } of pods) node.remove(pod.metadata.uid);
      this.reindex(node);
      for (const index of indexes) index.add(node);
    }
  }

  /** The pod waits for its victims on this node; '' takes that back. */
  nominate(pod: Pod, node: string): void {
    if (node) this.waiting.set(pod.metadata.uid, { info: podInfo(pod), node });
    else this.waiting.delete(pod.metadata.uid);
  }

  setNode(node: Node): void {
    const name = node.metadata.name;
    let info = this.byName.get(name);
    if (info) {
      this.countImages(info, -1);
      info.setNode(node);
    } else {
      info = new NodeInfo(node);
      this.byName.set(name, info);
      this.list = undefined;
      for (const pod of this.stray.get(name)?.values() ?? []) info.add(pod);
      this.stray.delete(name);
      this.reindex(info);
    }
    this.countImages(info, 1);
  }

  removeNode(name: string): void {
    const info = this.byName.get(name);
    if (!info) return;
    this.countImages(info, -1);
    this.byName.delete(name);
    this.list = undefined;
    this.withAffinity.delete(info);
    this.withAntiAffinity.delete(info);
    if (info.pods.size) this.stray.set(name, new Map(info.pods));
  }

  /** A pod that has a node, as the API server says. */
  setPod(pod: Pod): void {
    this.place(podInfo(pod), pod.spec!.nodeName!);
    this.assumed.delete(pod.metadata.uid);
    this.waiting.delete(pod.metadata.uid);
  }

  removePod(uid: string): void {
    const name = this.placed.get(uid);
    this.placed.delete(uid);
    this.assumed.delete(uid);
    this.waiting.delete(uid);
    if (name === undefined) return;
    const info = this.byName.get(name);
    if (info) {
      info.remove(uid);
      this.reindex(info);
      return;
    }
    const strays = this.stray.get(name);
    strays?.delete(uid);
    if (strays?.size === 0) this.stray.delete(name);
  }

  assume(pod: PodInfo, node: string): void {
    this.place(pod, node);
    this.assumed.add(pod.pod.metadata.uid);
  }

  /** The pod could not be bound. Without effect when the API server has placed it meanwhile. */
  forget(uid: string): void {
    if (this.assumed.has(uid)) this.removePod(uid);
  }

  isPlaced(uid: string): boolean {
    return this.placed.has(uid);
  }

  private place(info: PodInfo, name: string): void {
    const { uid } = info.pod.metadata;
    const before = this.placed.get(uid);
    if (before !== undefined && before !== name) this.removePod(uid);
    this.placed.set(uid, name);
    const node = this.byName.get(name);
    if (node) {
      node.add(info);
      this.reindex(node);
      return;
    }
    const strays = this.stray.get(name) ?? new Map<string, PodInfo>();
    this.stray.set(name, strays.set(uid, info));
  }

  private reindex(info: NodeInfo): void {
    if (info.withAffinity.size) this.withAffinity.add(info);
    else this.withAffinity.delete(info);
    if (info.withAntiAffinity.size) this.withAntiAffinity.add(info);
    else this.withAntiAffinity.delete(info);
  }

  private countImages(info: NodeInfo, by: 1 | -1): void {
    for (const [name, size] of info.images) {
      const known = this.images.get(name);
      const nodes = (known?.nodes ?? 0) + by;
      if (nodes > 0) this.images.set(name, { size: known?.size ?? size, nodes });
      else this.images.delete(name);
    }
  }
}
