import type { HorizontalPodAutoscaler, HorizontalPodAutoscalerStatus, Scale } from '../../schema/types.ts';
import type { Context, Reconciler } from '../control/contract.ts';
import { unlessGone } from '../control/conflict.ts';
import { semanticEqual } from '../control/equal.ts';
import { splitKey } from '../control/keys.ts';
import { errorMessage } from '../meta/error-message.ts';
import { parseApiVersion } from '../meta/gvk.ts';
import { present } from '../meta/present.ts';
import { isStatusError } from '../meta/status.ts';
import { formatTime } from '../meta/time.ts';
import { newMemory, normalized, noteChange, type Memory } from './hpa-behavior.ts';
import { Conditions } from './hpa-conditions.ts';
import { computeReplicas, type Recommendation } from './hpa-metrics.ts';
import { KnownResources } from './known-resources.ts';
import { Selectors } from './hpa-selectors.ts';

const RESOURCE = 'horizontalpodautoscalers.autoscaling';
/** ms between looks (--horizontal-pod-autoscaler-sync-period) */
const PERIOD = 15_000;
/** How often a new size is written while others change the target meanwhile. */
const ATTEMPTS = 5;

/**
 * Sizes a workload by its metrics. Source: horizontal.go of kube-controller-manager.
 * @param periodMs between two looks
 */
export function horizontalpodautoscaler(periodMs = PERIOD): Reconciler {
  const memories = new Map<string, Memory>();
  const selectors = new Selectors();
  const resources = new KnownResources();
  return {
    name: 'horizontal-pod-autoscaler',
    account: 'horizontal-pod-autoscaler',
    watches: [
      {
        resource: RESOURCE,
        keys: (hpa, old) =>
          hpa && old && semanticEqual(hpa.spec, old.spec)
            ? []
            : [`${(hpa ?? old)!.metadata.namespace}/${(hpa ?? old)!.metadata.name}`],
      },
      { resource: 'pods', keys: () => [] },
    ],
    async reconcile(key, ctx) {
      const { namespace, name } = splitKey(key);
      const hpa = ctx.informer(RESOURCE).get(namespace, name);
      if (!hpa) {
        memories.delete(key);
        selectors.forget(namespace, name);
        return undefined;
      }
      const memory = memories.get(key) ?? newMemory();
      memories.set(key, memory);
      const typed = { ...hpa, apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler' };
      await new Look(typed, memory, selectors, resources, ctx).run();
      return { requeueAfter: periodMs };
    },
  };
}

interface Target {
  resource: string;
  /** its autoscaling/v1 Scale */
  scale: Scale;
  replicas: number;
}

/** One look at one autoscaler. */
class Look {
  private readonly conditions: Conditions;
  private readonly now: number;

  constructor(
    private readonly hpa: HorizontalPodAutoscaler,
    private readonly memory: Memory,
    private readonly selectors: Selectors,
    private readonly resources: KnownResources,
    private readonly ctx: Context,
  ) {
    this.now = ctx.clock.now();
    this.conditions = new Conditions(hpa.status?.conditions ?? [], formatTime(this.now));
  }

  async run(): Promise<void> {
    const { hpa, memory, conditions, ctx } = this;
    let target: Target;
    try {
      target = await findTarget(hpa, this.resources, ctx);
    } catch (error) {
      const message = errorMessage(error);
      this.warn('FailedGetScale', message);
      const why = `the HPA controller was unable to get the target's current scale: ${message}`;
      conditions.set('AbleToScale', 'False', 'FailedGetScale', why);
      return this.write({ desiredReplicas: 0, ...hpa.status });
    }
    const { replicas } = target;
    const able = "the HPA controller was able to get the target's current scale";
    conditions.set('AbleToScale', 'True', 'SucceededGetScale', able);
    // The size at the first look counts as recommended: a new process must not undo at once what an old one held on to.
    if (memory.recommendations.length === 0) memory.recommendations.push({ at: this.now, replicas });
    const { minReplicas = 1, maxReplicas } = hpa.spec!;
    if (replicas === 0 && minReplicas !== 0) {
      const why = 'scaling is disabled since the replica count of the target is zero';
      conditions.set('ScalingActive', 'False', 'ScalingDisabled', why);
      return this.write({ currentReplicas: 0, desiredReplicas: 0 });
    }
    if (replicas > maxReplicas)
      return this.resize(target, maxReplicas, 'Current number of replicas above Spec.MaxReplicas');
    if (replicas < minReplicas)
      return this.resize(target, minReplicas, 'Current number of replicas below Spec.MinReplicas');
    return this.measure(target);
  }

  private async measure(target: Target): Promise<void> {
    const { hpa, memory, conditions, ctx, now } = this;
    const fault = this.selectors.check(hpa, target.scale.status?.selector ?? '', ctx);
    if (fault) {
      this.warn(fault.event, fault.told);
      conditions.set('ScalingActive', 'False', fault.reason, fault.message);
      return this.unsized(target, fault.told);
    }
    const found = await computeReplicas(hpa, target.scale, ctx);
    const { name, statuses, failures, summary } = found;
    for (const { reason, message } of failures) this.warn(reason, message);
    if (found.replicas === undefined) {
      const { reason = '', message = '' } = failures[0] ?? {};
      conditions.set('ScalingActive', 'False', reason, `the HPA was unable to compute the replica count: ${message}`);
      return this.unsized(target, summary, statuses);
    }
    const active = `the HPA was able to successfully calculate a replica count from ${name}`;
    conditions.set('ScalingActive', 'True', 'ValidMetricFound', active);
    const { replicas, able, limited } = normalized(hpa, memory, target.replicas, found.replicas, now);
    conditions.set('AbleToScale', 'True', able.reason, able.message);
    conditions.set('ScalingLimited', limited.status, limited.reason, limited.message);
    await this.resize(target, replicas, reasonOf(found.replicas, target.replicas, name), statuses);
  }

  /** Nothing can be said of the size. */
  private async unsized({ replicas }: Target, why: string, currentMetrics?: Statuses): Promise<void> {
    const desiredReplicas = this.hpa.status?.desiredReplicas ?? 0;
    await this.write({ currentReplicas: replicas, desiredReplicas, ...present({ currentMetrics }) });
    this.warn('FailedComputeMetricsReplicas', why);
  }

  private async resize(target: Target, replicas: number, why: string, currentMetrics?: Statuses): Promise<void> {
    const { hpa, conditions, ctx } = this;
    const before = { currentReplicas: target.replicas, ...present({ currentMetrics }) };
    if (replicas === target.replicas) return this.write({ ...before, desiredReplicas: replicas });
    try {
      await writeSize(target, replicas, ctx);
    } catch (error) {
      const message = errorMessage(error);
      this.warn('FailedRescale', `New size: ${replicas}; reason: ${why}; error: ${message}`);
      const unable = `the HPA controller was unable to update the target scale: ${message}`;
      conditions.set('AbleToScale', 'False', 'FailedUpdateScale', unable);
      return this.write({ ...before, desiredReplicas: hpa.status?.desiredReplicas ?? 0 });
    }
    const able = `the HPA controller was able to update the target scale to ${replicas}`;
    conditions.set('AbleToScale', 'True', 'SucceededRescale', able);
    ctx.events.event(hpa, 'Normal', 'SuccessfulRescale', `New size: ${replicas}; reason: ${why}`);
    const now = ctx.clock.now();
    noteChange(hpa, this.memory, target.replicas, replicas, now);
    await this.write({ ...before, desiredReplicas: replicas, lastScaleTime: formatTime(now) });
  }

  private warn(reason: string, message: string): void {
    this.ctx.events.event(this.hpa, 'Warning', reason, message);
  }

  private async write(status: HorizontalPodAutoscalerStatus): Promise<void> {
    const { hpa, conditions, ctx } = this;
    const lastScaleTime = status.lastScaleTime ?? hpa.status?.lastScaleTime;
    const whole = { ...status, ...present({ lastScaleTime }), conditions: conditions.list };
    if (semanticEqual(hpa.status, whole)) return;
    try {
      await unlessGone(ctx.client.update(RESOURCE, { ...hpa, status: whole }, 'status'));
    } catch (error) {
      this.warn('FailedUpdateStatus', errorMessage(error));
      throw error;
    }
  }
}

type Statuses = Recommendation['statuses'];

const reasonOf = (wanted: number, current: number, metric: string): string =>
  wanted > current ? `${metric} above target` : wanted < current ? 'All metrics below target' : '';

async function findTarget(hpa: HorizontalPodAutoscaler, resources: KnownResources, ctx: Context): Promise<Target> {
  const { apiVersion = '', kind, name } = hpa.spec!.scaleTargetRef;
  if (apiVersion.split('/').length > 2) throw new Error(`unexpected GroupVersion string: ${apiVersion}`);
  const { group } = parseApiVersion(apiVersion);
  const known = await resources.find(kind, group, ctx);
  if (!known) throw new Error(`no matches for kind "${kind}" in group "${group}"`);
  const scale = await ctx.client.get(known.resource, hpa.metadata.namespace ?? '', name, 'scale');
  return { resource: known.resource, scale, replicas: scale.spec?.replicas ?? 0 };
}

/** Whoever else writes the target meanwhile does not stop a new size. */
async function writeSize({ resource, scale }: Target, replicas: number, { client }: Context): Promise<void> {
  let latest = scale;
  for (let left = ATTEMPTS; ; left--) {
    try {
      await client.update(resource, { ...latest, spec: { replicas } }, 'scale');
      return;
    } catch (error) {
      if (left <= 1 || !isStatusError(error, 'Conflict')) throw error;
      const { namespace = '', name } = scale.metadata;
      latest = await client.get(resource, namespace, name, 'scale');
    }
  }
}
