import { setTimeout as pause } from 'node:timers/promises';
import type { Api, ListOptions, RequestContext, Target } from '../../../api/contract.ts';
import { objectAs } from '../../../api/object-as.ts';
import type { Kind } from '../../../kinds/kind.ts';
import { badRequest, isStatusError, StatusError } from '../../../meta/status.ts';
import { isNamespaceTerminating } from '../../../rules/namespace-terminating.ts';
import { targetOf } from '../../targets.ts';
import { cordon } from '../node-fields.ts';
import { evict } from '../pod-fields.ts';
import { byReason, podFilter, type DrainFilters, type Pod } from './drain-filters.ts';

export interface DrainArguments {
  name: string;
  podSelector?: string | null | undefined;
  /** negative or absent: each pod's own */
  gracePeriodSeconds?: number | null | undefined;
  ignoreDaemonSets?: boolean | null | undefined;
  deleteEmptyDirData?: boolean | null | undefined;
  force?: boolean | null | undefined;
  /** 0 or absent: as long as somebody looks */
  timeoutSeconds?: number | null | undefined;
  dryRun?: boolean | null | undefined;
}

export const DRAIN_EVENTS = {
  CORDONED: { description: 'the node takes no new pods' },
  WARNING: { description: 'pods that are left alone, or what is lost with some' },
  EVICTING: { description: 'a pod is asked to go' },
  RETRYING: { description: 'a disruption budget does not allow it yet: it is asked again' },
  EVICTED: { description: 'a pod is gone' },
  DRAINED: { description: 'the end: all that had to go are gone' },
} as const;
export interface DrainEvent {
  type: keyof typeof DRAIN_EVENTS;
  message: string;
  /** of the pod that it is about */
  namespace?: string;
  pod?: string;
  /** pods that are still to go */
  remaining: number;
}

/** How a drain waits; kubectl's own by default. */
export interface DrainPace {
  retryMs: number;
  pollMs: number;
}
const KUBECTL: DrainPace = { retryMs: 5_000, pollMs: 1_000 };

export const nodePods = ({ name, podSelector }: DrainArguments): ListOptions => ({
  fieldSelector: `spec.nodeName=${name}`,
  ...(podSelector && { labelSelector: podSelector }),
});

/**
 * Cordons a node and evicts its pods as `kubectl drain` does, with its filters, words and retries: a disruption budget
 * that allows nothing is asked again. Every step by the caller's own right. Returns when the pods are gone, or when
 * `signal` is aborted. Throws 404 without the node, 400 where a filter keeps a pod, 504 at the timeout.
 */
export async function drain(
  by: { api: Api; request: RequestContext },
  args: DrainArguments,
  tell: (event: DrainEvent) => void,
  signal: AbortSignal,
  pace: DrainPace = KUBECTL,
): Promise<void> {
  const { registry } = by.api;
  const [nodes, pods] = [registry.preferred('nodes')!, registry.preferred('pods')!];
  await cordon(by, nodes, { name: args.name, dryRun: args.dryRun }, true);
  tell({ type: 'CORDONED', message: `node/${args.name} cordoned`, remaining: 0 });
  const { items } = await by.api.list(by.request, targetOf(pods, {}), nodePods(args));
  const going = await chosen(
    by,
    args,
    items.map((stored) => objectAs('pods', stored)),
    tell,
  );
  await new Drain(by, pods, args, going, tell, signal, pace).run();
  if (!signal.aborted) tell({ type: 'DRAINED', message: `node/${args.name} drained`, remaining: 0 });
}

async function chosen(
  { api, request }: { api: Api; request: RequestContext },
  args: DrainArguments,
  pods: readonly Pod[],
  tell: (event: DrainEvent) => void,
): Promise<Pod[]> {
  const daemonSets = api.registry.preferred('daemonsets.apps')!;
  const filters: DrainFilters = {
    ignoreDaemonSets: args.ignoreDaemonSets ?? false,
    deleteEmptyDirData: args.deleteEmptyDirData ?? false,
    force: args.force ?? false,
  };
  const verdictOf = podFilter(filters, async (namespace, name) => {
    try {
      await api.get(request, targetOf(daemonSets, { namespace, name }), {});
      return undefined;
    } catch (error) {
      if (!isStatusError(error)) throw error;
      return { message: error.message, missing: error.reason === 'NotFound' };
    }
  });
  const verdicts = [];
  for (const pod of pods) verdicts.push({ pod, ...(await verdictOf(pod)) });
  const errors = byReason(verdicts.map(({ pod, error }) => ({ pod, reason: error })));
  if (errors.length) throw badRequest(errors.map((each) => `cannot delete ${each}`).join('; '));
  const going = verdicts.filter(({ evict: goes }) => goes).map(({ pod }) => pod);
  const warnings = byReason(verdicts.map(({ pod, warning }) => ({ pod, reason: warning })));
  if (warnings.length) tell({ type: 'WARNING', message: warnings.join('; '), remaining: going.length });
  return going;
}

class Drain {
  /** by uid */
  private readonly waiting = new Map<string, Pod>();
  private readonly failures: string[] = [];
  private readonly deadline: number;
  private timedOut = false;

  constructor(
    private readonly by: { api: Api; request: RequestContext },
    private readonly pods: Kind,
    private readonly args: DrainArguments,
    going: readonly Pod[],
    private readonly tell: (event: DrainEvent) => void,
    private readonly signal: AbortSignal,
    private readonly pace: DrainPace,
  ) {
    for (const pod of going) this.waiting.set(pod.metadata.uid, pod);
    this.deadline = args.timeoutSeconds ? performance.now() + args.timeoutSeconds * 1000 : Infinity;
  }

  async run(): Promise<void> {
    const asked = Promise.all([...this.waiting.values()].map((pod) => this.ask(pod)));
    if (this.args.dryRun) await asked;
    else await Promise.all([asked, this.watchThemGo()]);
    if (this.failures.length)
      throw new StatusError({ message: this.failures.join('; '), reason: 'Timeout', code: 504 });
  }

  private get over(): boolean {
    return this.signal.aborted || this.timedOut;
  }

  private say(type: DrainEvent['type'], message: string, { metadata: { namespace = '', name } }: Pod): void {
    this.tell({ type, message, namespace, pod: name, remaining: this.waiting.size });
  }

  /** Asks for the eviction of a pod until it is allowed, or nobody waits for it any more. */
  private async ask(pod: Pod): Promise<void> {
    const { namespace = '', name, uid } = pod.metadata;
    const { dryRun, gracePeriodSeconds } = this.args;
    const grace = typeof gracePeriodSeconds === 'number' && gracePeriodSeconds >= 0 ? { gracePeriodSeconds } : {};
    const at = `pods/${JSON.stringify(name)} -n ${JSON.stringify(namespace)}`;
    while (!this.over && this.waiting.has(uid)) {
      this.say('EVICTING', `evicting pod ${namespace}/${name}${dryRun ? ' (server dry run)' : ''}`, pod);
      try {
        await evict(this.by, this.pods, { namespace, name, dryRun, ...grace });
        if (dryRun) this.waiting.delete(uid);
        return;
      } catch (error) {
        if (isStatusError(error, 'NotFound')) return;
        const terminating = isNamespaceTerminating(error);
        // it will go with its namespace
        if (terminating && pod.metadata.deletionTimestamp) return;
        if (!isStatusError(error, 'TooManyRequests') && !terminating) {
          this.failures.push(`error when evicting ${at}: ${(error as Error).message}`);
          this.waiting.delete(uid);
          return;
        }
        const after = `will retry after ${this.pace.retryMs / 1000}s`;
        this.say('RETRYING', `error when evicting ${at} (${after}): ${(error as Error).message}`, pod);
      }
      await this.sleep(this.pace.retryMs);
    }
  }

  private async watchThemGo(): Promise<void> {
    while (this.waiting.size && !this.over) {
      await this.sleep(this.pace.pollMs);
      if (this.over) return;
      const { items } = await this.by.api.list(this.by.request, targetOf(this.pods, {}), nodePods(this.args));
      const there = new Set(items.map(({ uid }) => uid));
      for (const [uid, pod] of this.waiting) {
        if (there.has(uid)) continue;
        this.waiting.delete(uid);
        this.say('EVICTED', `pod/${pod.metadata.name} evicted`, pod);
      }
      if (performance.now() < this.deadline) continue;
      this.timedOut = true;
      for (const { metadata } of this.waiting.values())
        this.failures.push(
          `error when evicting pods/${JSON.stringify(metadata.name)} -n ${JSON.stringify(metadata.namespace)}: global timeout reached: ${this.args.timeoutSeconds}s`,
        );
    }
  }

  private async sleep(ms: number): Promise<void> {
    const left = Math.max(0, Math.min(ms, this.deadline - performance.now()));
    // aborted: the loops look at the signal
    await pause(left, undefined, { signal: this.signal }).catch(() => undefined);
  }
}

/** The node that a drain is about, as it is authorised. */
export const drainTargets = ({ registry }: Api, { name }: DrainArguments): { node: Target; pods: Target } => ({
  node: targetOf(registry.preferred('nodes')!, { name }),
  pods: targetOf(registry.preferred('pods')!, {}),
});
