import type { Node } from '../../schema/types.ts';
import { amountsOf, rounded } from '../rules/pod-amounts.ts';
import type { Amounts, PodInfo } from './pod-info.ts';

/** A node and what stands on it. Sums are kept while pods come and go, so that a filter is a comparison. */
export class NodeInfo {
  readonly pods = new Map<string, PodInfo>();
  readonly requested: Amounts = {};
  readonly nonZero: Amounts = {};
  /** pods with any affinity or anti-affinity, and those with required anti-affinity */
  readonly withAffinity = new Set<PodInfo>();
  readonly withAntiAffinity = new Set<PodInfo>();
  allocatable: Amounts = {};
  /** bytes by image name */
  images = new Map<string, number>();

  constructor(public node: Node) {
    this.setNode(node);
  }

  get name(): string {
    return this.node.metadata.name;
  }
  get labels(): Record<string, string> {
    return this.node.metadata.labels ?? {};
  }

  setNode(node: Node): void {
    this.node = node;
    this.allocatable = amountsOf(node.status?.allocatable, rounded);
    this.images = new Map(
      (node.status?.images ?? []).flatMap((image) =>
        (image.names ?? []).map((name) => [name, image.sizeBytes ?? 0] as const),
      ),
    );
  }

  add(info: PodInfo): void {
    this.remove(info.pod.metadata.uid);
    this.pods.set(info.pod.metadata.uid, info);
    change(this.requested, info.requests, 1);
    change(this.nonZero, info.nonZero, 1);
    if (
      info.affinity.length +
        info.antiAffinity.length +
        info.preferredAffinity.length +
        info.preferredAntiAffinity.length >
      0
    ) {
      this.withAffinity.add(info);
    }
    if (info.antiAffinity.length > 0) this.withAntiAffinity.add(info);
  }

  remove(uid: string): PodInfo | undefined {
    const info = this.pods.get(uid);
    if (!info) return undefined;
    this.pods.delete(uid);
    change(this.requested, info.requests, -1);
    change(this.nonZero, info.nonZero, -1);
    this.withAffinity.delete(info);
    this.withAntiAffinity.delete(info);
    return info;
  }
}

function change(total: Amounts, by: Amounts, sign: 1 | -1): void {
  for (const resource in by) total[resource] = (total[resource] ?? 0) + sign * by[resource]!;
}
