import type { Node, Pod, Resources } from '../../schema/types.ts';
import { InformerCache } from '../../src/client/informer-cache.ts';
import type { Informers } from '../../src/client/informers.ts';
import type { ObjectLike } from '../../src/meta/object.ts';
import { SchedulerCache } from '../../src/scheduler/cache.ts';
import { clusterView } from '../../src/scheduler/cluster-view.ts';
import { podInfo } from '../../src/scheduler/pod-info.ts';
import { schedule, type Decision } from '../../src/scheduler/schedule.ts';
import type { ClusterView } from '../../src/scheduler/snapshot.ts';

/** Objects by their resource, as a list of each would give them. */
export type Objects = { [R in keyof Resources]?: readonly Resources[R][] };

/** The scheduler's view of objects that are in informers' caches. */
export function viewOf(objects: Objects): ClusterView {
  const caches = new Map<string, InformerCache<ObjectLike>>();
  const informer = (resource: string): InformerCache<ObjectLike> => {
    let cache = caches.get(resource);
    if (!cache) {
      cache = new InformerCache(resource, (error) => {
        throw error;
      });
      cache.replace((objects as Record<string, readonly ObjectLike[]>)[resource] ?? []);
      caches.set(resource, cache);
    }
    return cache;
  };
  return clusterView(informer as unknown as Informers['informer']);
}

/** The scheduler's cache with these nodes and pods, and the nominations of those without a node. */
export function cacheOf(objects: Objects & { nodes?: readonly Node[]; pods?: readonly Pod[] }): SchedulerCache {
  const cache = new SchedulerCache(viewOf(objects));
  for (const node of objects.nodes ?? []) cache.setNode(node);
  for (const pod of objects.pods ?? []) {
    if (pod.spec?.nodeName) cache.setPod(pod);
    else if (pod.status?.nominatedNodeName) cache.nominate(pod, pod.status.nominatedNodeName);
  }
  return cache;
}

/** So many draws see each of up to eight equals. */
const DRAWS = 16;

/** The decisions that chance may take, each once. */
export function decisions(cache: SchedulerCache, pod: Pod): Decision[] {
  const found = new Map<string, Decision>();
  for (let draw = 0; draw < DRAWS; draw++) {
    const decision = schedule(cache, podInfo(pod), () => (draw + 0.5) / DRAWS);
    const { metadata } = pod;
    const key =
      'node' in decision
        ? decision.node
        : `${metadata.name} ${decision.preemption?.node} ${decision.preemption?.victims.map((victim) => victim.metadata.uid).join()}`;
    if (!found.has(key)) found.set(key, decision);
  }
  return [...found.values()];
}
