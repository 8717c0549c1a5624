import type { Pod } from '../../schema/types.ts';
import { timeMs } from '../meta/time.ts';

/** What one pod uses: thousandths, at the end of a window, both ms. */
export interface PodUsage {
  value: number;
  at: number;
  windowMs: number;
}

export interface Tolerances {
  up: number;
  down: number;
}

export interface Sizing {
  pods: readonly Pod[];
  usage: ReadonlyMap<string, PodUsage>;
  /** usage of a processor while a pod starts says nothing of what it will need */
  cpu: boolean;
  current: number;
  tolerances: Tolerances;
  /** ms since the epoch */
  now: number;
  /** usage over what is wanted, of these pods */
  ratio(values: ReadonlyMap<string, number>): number;
  /** what a pod without metrics is taken to use when others use less than is wanted */
  assumed(pod: string): number;
}

/** --horizontal-pod-autoscaler-cpu-initialization-period and -initial-readiness-delay, ms */
const INITIALIZATION_MS = 5 * 60_000;
const READINESS_DELAY_MS = 30_000;

/**
 * How many replicas the pods' usage asks for, with those cautious assumptions about pods that are not ready or have no
 * metrics that keep the size rather than change its direction. Source: replica_calculator.go of kube-controller-manager.
 * @returns `values` of the pods that count, by which usage is told
 * @throws Error where no pod counts
 */
export function replicasFor(sizing: Sizing): { replicas: number; ratio: number; values: ReadonlyMap<string, number> } {
  const { pods, usage, current, tolerances, ratio: ratioOf } = sizing;
  if (pods.length === 0) throw new Error('no pods returned by selector while calculating replica count');
  const { ready, unready, missing, measured } = grouped(sizing);
  const values = new Map(measured.map((name) => [name, usage.get(name)?.value ?? 0]));
  if (values.size === 0) throw new Error('did not receive metrics for targeted pods (pods might be unready)');
  const ratio = ratioOf(values);
  const answer = (replicas: number) => ({ replicas, ratio, values });
  const withUnready = unready.length > 0 && ratio > 1;
  if (!withUnready && missing.length === 0)
    return answer(isWithin(ratio, tolerances) ? current : Math.ceil(ratio * ready));
  const assumed = new Map(values);
  if (ratio !== 1) for (const name of missing) assumed.set(name, ratio < 1 ? sizing.assumed(name) : 0);
  if (withUnready) for (const name of unready) assumed.set(name, 0);
  const again = ratioOf(assumed);
  if (isWithin(again, tolerances) || (ratio < 1 && again > 1) || (ratio > 1 && again < 1)) return answer(current);
  const replicas = Math.ceil(again * assumed.size);
  const turned = (again < 1 && replicas > current) || (again > 1 && replicas < current);
  return answer(turned ? current : replicas);
}

export const isWithin = (ratio: number, { up, down }: Tolerances): boolean => ratio >= 1 - down && ratio <= 1 + up;

function grouped({ pods, usage, cpu, now }: Sizing) {
  const unready: string[] = [];
  const missing: string[] = [];
  const measured: string[] = [];
  for (const pod of pods) {
    const { name, deletionTimestamp } = pod.metadata;
    const phase = pod.status?.phase;
    if (deletionTimestamp || phase === 'Failed') continue;
    const metric = usage.get(name);
    if (phase === 'Pending') unready.push(name);
    else if (!metric) missing.push(name);
    else if (cpu && isStarting(pod, metric, now)) unready.push(name);
    else measured.push(name);
  }
  return { ready: measured.length, unready, missing, measured };
}

function isStarting({ status }: Pod, { at, windowMs }: PodUsage, now: number): boolean {
  const condition = status?.conditions?.find(({ type }) => type === 'Ready');
  if (!condition || !status?.startTime) return true;
  const started = timeMs(status.startTime);
  const changed = timeMs(condition.lastTransitionTime) || 0;
  const notReady = condition.status === 'False';
  if (started + INITIALIZATION_MS > now) return notReady || at < changed + windowMs;
  return notReady && started + READINESS_DELAY_MS > changed;
}
