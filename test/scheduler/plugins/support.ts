import type { Node, NodeSpec, NodeStatus, Pod, PodSpec } from '../../../schema/types.ts';
import type { Plugin, Rejection } from '../../../src/scheduler/plugin.ts';
import { podInfo } from '../../../src/scheduler/pod-info.ts';
import { cacheOf, type Objects } from '../../support/scheduling-cluster.ts';

const meta = (name: string) => ({ name, uid: name, resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z' });

/** A node with 4 cpus, 8Gi and room for 110 pods, unless said otherwise. */
export const node = (
  name: string,
  { labels, ...rest }: { labels?: Record<string, string>; spec?: NodeSpec; status?: NodeStatus } = {},
): Node => ({
  apiVersion: 'v1',
  kind: 'Node',
  spec: {},
  status: { allocatable: { cpu: '4', memory: '8Gi', pods: '110' } },
  ...rest,
  metadata: { ...meta(name), ...(labels && { labels }) },
});

/** A pod of namespace `a` with one container, placed where `spec.nodeName` says. */
export const pod = (name: string, spec: Partial<PodSpec> = {}, more: Partial<Pod['metadata']> = {}): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { ...meta(name), namespace: 'a', ...more },
  spec: { containers: [{ name: 'c', image: 'web' }], ...spec },
});

export const requests = (cpu?: string, memory?: string): Partial<PodSpec> => ({
  containers: [
    { name: 'c', image: 'web', resources: { requests: { ...(cpu && { cpu }), ...(memory && { memory }) } } },
  ],
});

/** `ok`, or the reasons; `!` before those that no victim would change */
export const said = (rejection: Rejection | undefined): string =>
  rejection ? `${rejection.unresolvable ? '!' : ''}${rejection.reasons.join(', ')}` : 'ok';

/**
 * What the plugin says of the pod on each node: `nothing` where it need not be asked, `reject: …` where no node will do,
 * else its answer by node; `-` for those that it leaves out from the start.
 */
export function filtered(plugin: Plugin, incoming: Pod, objects: Objects): string | Record<string, string> {
  const cache = cacheOf(objects);
  const info = podInfo(incoming);
  const answer = plugin.prepareFilter ? plugin.prepareFilter(info, cache) : { state: undefined };
  if (!answer) return 'nothing';
  if ('reject' in answer && answer.reject) return `reject: ${said(answer.reject)}`;
  const only = 'nodes' in answer ? answer.nodes : undefined;
  return Object.fromEntries(
    cache.nodes.map((one) => [
      one.name,
      only && !only.has(one.name) ? '-' : said(plugin.filter!(answer.state, info, one, cache)),
    ]),
  );
}

/** Raw scores and what becomes of them, by node; `nothing` where the plugin need not be asked. */
export function scored(plugin: Plugin, incoming: Pod, objects: Objects): string | Record<string, number[]> {
  const cache = cacheOf(objects);
  const info = podInfo(incoming);
  const scoring = plugin.score!;
  const state = scoring.prepare?.(info, cache, cache.nodes);
  if (scoring.prepare && state === undefined) return 'nothing';
  const raw = cache.nodes.map((one) => scoring.score(state, info, one, cache));
  const scores = [...raw];
  scoring.normalize?.(scores, state, cache.nodes);
  return Object.fromEntries(
    cache.nodes.map(({ name }, i) => [name, scoring.normalize ? [raw[i]!, scores[i]!] : [raw[i]!]]),
  );
}

/** Whether a pod that the plugin has rejected is tried again after the change. */
export function helps(
  plugin: Plugin,
  waiting: Pod,
  resource: string,
  object: { metadata: { name: string } } | undefined,
  old?: { metadata: { name: string } },
): boolean {
  const on = object ? (old ? 'update' : 'add') : 'delete';
  const event = plugin.events.find((one) => one.resource === resource && one.on.includes(on));
  if (!event) return false;
  return event.helps?.(waiting, object as never, old as never) ?? true;
}
