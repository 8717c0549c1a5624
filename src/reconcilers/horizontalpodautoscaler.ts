import type {
  HorizontalPodAutoscaler,
  HorizontalPodAutoscalerCondition,
  HorizontalPodAutoscalerStatus,
  Scale,
} from '../../schema/types.ts';
import type { Context, Reconciler } from '../control/contract.ts';
import { unlessGone } from '../control/conflict.ts';
import { semanticEqual } from '../control/equal.ts';
import { splitKey } from '../control/keys.ts';
import { errorMessage } from '../meta/error-message.ts';
import { parseApiVersion } from '../meta/gvk.ts';
import { formatTime } from '../meta/time.ts';
import { computeReplicas, MetricError, type Measured } from './hpa-metrics.ts';
import { withinBehavior, type Memory } from './hpa-behavior.ts';
import { present } from '../meta/present.ts';

const RESOURCE = 'horizontalpodautoscalers.autoscaling';
/** ms between looks (--horizontal-pod-autoscaler-sync-period) */
const PERIOD = 15_000;

/** Entries of each list: an hour (the longest window) of looks. */
const MEMORY = 240;

/** Sizes a workload by its metrics. */
export function horizontalpodautoscaler(): Reconciler {
  const memories = new Map<string, Memory>();
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
        return undefined;
      }
      const memory = memories.get(key) ?? { recommendations: [], changes: [] };
      memories.set(key, memory);
      await scale({ ...hpa, apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler' }, memory, ctx);
      for (const list of [memory.recommendations, memory.changes]) list.splice(0, Math.max(0, list.length - MEMORY));
      return { requeueAfter: PERIOD };
    },
  };
}

interface Target {
  resource: string;
  /** its autoscaling/v1 Scale */
  scale: Scale;
  replicas: number;
}

async function scale(hpa: HorizontalPodAutoscaler, memory: Memory, ctx: Context): Promise<void> {
  const now = ctx.clock.now();
  const conditions = new Conditions(hpa.status?.conditions ?? [], formatTime(now));
  let target: Target;
  try {
    target = await findTarget(hpa, ctx);
  } catch (error) {
    return noteNoTarget(hpa, conditions, errorMessage(error), ctx);
  }
  // The size at the first look counts as recommended: a new process must not undo at once what an old one held on to.
  if (memory.recommendations.length === 0) memory.recommendations.push({ at: now, replicas: target.replicas });
  conditions.set(
    'AbleToScale',
    'True',
    'SucceededGetScale',
    "the HPA controller was able to get the target's current scale",
  );
  const { observedGeneration: _, ...before } = hpa.status ?? {};
  const status: HorizontalPodAutoscalerStatus = {
    ...before,
    currentReplicas: target.replicas,
    desiredReplicas: hpa.status?.desiredReplicas ?? 0,
    conditions: conditions.list,
  };
  if (target.replicas === 0 && (hpa.spec?.minReplicas ?? 1) !== 0) {
    conditions.set(
      'ScalingActive',
      'False',
      'ScalingDisabled',
      'scaling is disabled since the replica count of the target is zero',
    );
    return write(hpa, { ...status, desiredReplicas: 0, conditions: conditions.list }, ctx);
  }
  const bounded = outOfBounds(hpa, target.replicas);
  if (bounded !== undefined) return resize(hpa, target, bounded, status, conditions, memory, ctx);
  let measured: Measured;
  try {
    measured = await computeReplicas(hpa, target.scale.status?.selector ?? '', target.replicas, ctx);
  } catch (error) {
    if (!(error instanceof MetricError)) throw error;
    return noteNoMetrics(hpa, status, conditions, error, ctx);
  }
  conditions.set(
    'ScalingActive',
    'True',
    'ValidMetricFound',
    `the HPA was able to successfully calculate a replica count from ${measured.name}`,
  );
  const { replicas, able, limited } = withinBehavior(hpa, memory, target.replicas, measured.replicas, now);
  conditions.set('AbleToScale', 'True', able.reason, able.message);
  conditions.set('ScalingLimited', limited.status, limited.reason, limited.message);
  await resize(
    hpa,
    target,
    replicas,
    { ...status, currentMetrics: measured.statuses },
    conditions,
    memory,
    ctx,
    measured.reason,
  );
}

function noteNoTarget(
  hpa: HorizontalPodAutoscaler,
  conditions: Conditions,
  message: string,
  ctx: Context,
): Promise<void> {
  ctx.events.event(hpa, 'Warning', 'FailedGetScale', message);
  const why = `the HPA controller was unable to get the target's current scale: ${message}`;
  conditions.set('AbleToScale', 'False', 'FailedGetScale', why);
  return write(hpa, { desiredReplicas: 0, ...hpa.status, conditions: conditions.list }, ctx);
}

function noteNoMetrics(
  hpa: HorizontalPodAutoscaler,
  status: HorizontalPodAutoscalerStatus,
  conditions: Conditions,
  { reason, message, summary }: MetricError,
  ctx: Context,
): Promise<void> {
  ctx.events.event(hpa, 'Warning', reason, message);
  ctx.events.event(hpa, 'Warning', 'FailedComputeMetricsReplicas', summary);
  conditions.set('ScalingActive', 'False', reason, `the HPA was unable to compute the replica count: ${message}`);
  return write(hpa, { ...status, currentMetrics: [{ type: '' }], conditions: conditions.list }, ctx);
}

function outOfBounds({ spec }: HorizontalPodAutoscaler, replicas: number): number | undefined {
  if (replicas > spec!.maxReplicas) return spec!.maxReplicas;
  const least = spec?.minReplicas ?? 1;
  return replicas < least ? least : undefined;
}

async function findTarget(hpa: HorizontalPodAutoscaler, ctx: Context): Promise<Target> {
  const { apiVersion = '', kind, name } = hpa.spec!.scaleTargetRef;
  const { group } = parseApiVersion(apiVersion);
  const known = (await ctx.client.resources()).find((resource) => resource.kind === kind && resource.group === group);
  if (!known) throw new Error(`no matches for kind "${kind}" in group "${group}"`);
  const scale = await ctx.client.get(known.resource, hpa.metadata.namespace ?? '', name, 'scale');
  return { resource: known.resource, scale, replicas: scale.spec?.replicas ?? 0 };
}

async function resize(
  hpa: HorizontalPodAutoscaler,
  target: Target,
  replicas: number,
  status: HorizontalPodAutoscalerStatus,
  conditions: Conditions,
  memory: Memory,
  ctx: Context,
  why?: string,
): Promise<void> {
  let lastScaleTime = hpa.status?.lastScaleTime;
  if (replicas !== target.replicas) {
    const reason =
      why ??
      (replicas > target.replicas
        ? 'Current number of replicas below Spec.MinReplicas'
        : 'Current number of replicas above Spec.MaxReplicas');
    try {
      await ctx.client.update(target.resource, { ...target.scale, spec: { replicas } }, 'scale');
    } catch (error) {
      ctx.events.event(
        hpa,
        'Warning',
        'FailedRescale',
        `New size: ${replicas}; reason: ${reason}; error: ${errorMessage(error)}`,
      );
      conditions.set(
        'AbleToScale',
        'False',
        'FailedUpdateScale',
        `the HPA controller was unable to update the target scale: ${errorMessage(error)}`,
      );
      await write(hpa, { ...status, conditions: conditions.list }, ctx);
      throw error;
    }
    conditions.set(
      'AbleToScale',
      'True',
      'SucceededRescale',
      `the HPA controller was able to update the target scale to ${replicas}`,
    );
    ctx.events.event(hpa, 'Normal', 'SuccessfulRescale', `New size: ${replicas}; reason: ${reason}`);
    memory.changes.push({ at: ctx.clock.now(), by: replicas - target.replicas });
    lastScaleTime = formatTime(ctx.clock.now());
  }
  await write(
    hpa,
    { ...status, desiredReplicas: replicas, ...present({ lastScaleTime }), conditions: conditions.list },
    ctx,
  );
}

async function write(hpa: HorizontalPodAutoscaler, status: HorizontalPodAutoscalerStatus, ctx: Context): Promise<void> {
  if (semanticEqual(hpa.status, status)) return;
  await unlessGone(ctx.client.update(RESOURCE, { ...hpa, status }, 'status'));
}

/** Conditions in the order in which they were set first. */
class Conditions {
  readonly list: HorizontalPodAutoscalerCondition[];
  constructor(
    old: readonly HorizontalPodAutoscalerCondition[],
    private readonly now: string,
  ) {
    this.list = [...old];
  }
  set(type: string, status: string, reason: string, message: string): void {
    const at = this.list.findIndex((condition) => condition.type === type);
    const before = this.list[at];
    const lastTransitionTime = before?.status === status ? before.lastTransitionTime : this.now;
    const condition: HorizontalPodAutoscalerCondition = {
      type,
      status,
      reason,
      message,
      ...present({ lastTransitionTime }),
    };
    if (before) this.list[at] = condition;
    else this.list.push(condition);
  }
}
