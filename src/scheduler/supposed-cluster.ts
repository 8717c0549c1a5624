import type { Node, Pod } from '../../schema/types.ts';
import type { Context } from '../control/contract.ts';
import { isPodTerminal } from '../rules/pods.ts';
import { SchedulerCache } from './cache.ts';
import { clusterView } from './cluster-view.ts';
import { filterNode, prepareFilters, summary } from './filters.ts';
import { allPlugins } from './plugins/all.ts';
import type { Rejection } from './plugin.ts';
import { podInfo, type PodInfo } from './pod-info.ts';

/** What was worked out of a pod, as long as it is the same. */
const infos = new WeakMap<Pod, PodInfo>();
function infoOf(pod: Pod): PodInfo {
  let info = infos.get(pod);
  if (!info) infos.set(pod, (info = podInfo(pod)));
  return info;
}

/** A pod that has no place yet. */
const placeless = (pod: Pod): Pod => {
  const { nodeName: _, ...spec } = pod.spec!;
  return { ...pod, spec };
};

/**
 * A cluster as it could be, for those who ask what would fit: the filters of the scheduler over nodes and pods that need
 * not be there. Nothing is scored and nobody is preempted.
 */
export class SupposedCluster {
  private readonly cache: SchedulerCache;

  constructor(informer: Context['informer'], nodes: readonly Node[], pods: readonly Pod[]) {
    this.cache = new SchedulerCache(clusterView(informer));
    for (const node of nodes) this.cache.setNode(node);
    for (const pod of pods) {
      if (!pod.spec?.nodeName || isPodTerminal(pod)) continue;
      this.cache.assume(infoOf(pod), pod.spec.nodeName);
    }
  }

  addNode(node: Node): void {
    this.cache.setNode(node);
  }

  removeNode(name: string): void {
    for (const uid of this.cache.node(name)?.pods.keys() ?? []) this.cache.removePod(uid);
    this.cache.removeNode(name);
  }

  /** The first node whose filters all let it pass, and from then on it is there. */
  place(pod: Pod, among: (node: string) => boolean = () => true): { node: string } | { message: string } {
    const info = infoOf(pod);
    const { prepared, rejection, only } = prepareFilters(this.cache, info, allPlugins);
    if (rejection) return { message: rejection.by.reasons.join(', ') };
    const rejected: Rejection[] = [];
    for (const node of this.cache.nodes) {
      if (!among(node.name) || (only && !only.has(node.name))) continue;
      const why = filterNode(this.cache, info, node, prepared);
      if (!why) {
        this.cache.assume(info, node.name);
        return { node: node.name };
      }
      rejected.push(why);
    }
    return { message: summary(rejected) };
  }

  evacuate(name: string, pods: readonly Pod[]): Pod | undefined {
    const node = this.cache.node(name);
    if (!node) return undefined;
    const there = [...node.pods.values()];
    this.removeNode(name);
    const moved: Pod[] = [];
    for (const pod of pods) {
      if ('node' in this.place(placeless(pod))) {
        moved.push(pod);
        continue;
      }
      for (const { metadata } of moved) this.cache.removePod(metadata.uid);
      this.cache.setNode(node.node);
      for (const info of there) this.cache.assume(info, name);
      return pod;
    }
    return undefined;
  }
}
