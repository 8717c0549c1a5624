import type { HorizontalPodAutoscaler, HPAScalingRules } from '../../schema/types.ts';

/** What was recommended and done lately, for stabilisation windows; lost with the process, as in Kubernetes. */
export interface Memory {
  recommendations: { at: number; replicas: number }[];
  /** by how many it became more, and fewer; as long as the longest policy of that direction counts it */
  grown: Change[];
  shrunk: Change[];
}
interface Change {
  at: number;
  by: number;
}
interface Said {
  reason: string;
  message: string;
}
export interface Normalized {
  replicas: number;
  /** why it is able to scale, and whether it is limited */
  able: Said;
  limited: Said & { status: string };
}
type Rules = Required<Omit<HPAScalingRules, 'tolerance'>>;

/** Entries of each list: an hour (the longest window and period) of looks. */
const MEMORY = 240;
/** --horizontal-pod-autoscaler-downscale-stabilization, seconds */
const DOWNSCALE_WINDOW = 300;

/** Where the behaviour says nothing of a direction. Source: pkg/apis/autoscaling/v2/defaults.go. */
const UP: Rules = {
  stabilizationWindowSeconds: 0,
  selectPolicy: 'Max',
  policies: [
    { type: 'Percent', value: 100, periodSeconds: 15 },
    { type: 'Pods', value: 4, periodSeconds: 15 },
  ],
};
const DOWN: Rules = {
  stabilizationWindowSeconds: DOWNSCALE_WINDOW,
  selectPolicy: 'Max',
  policies: [{ type: 'Percent', value: 100, periodSeconds: 15 }],
};

export const newMemory = (): Memory => ({ recommendations: [], grown: [], shrunk: [] });

const rulesOf = ({ spec }: HorizontalPodAutoscaler): { up: Rules; down: Rules } => ({
  up: { ...UP, ...spec?.behavior?.scaleUp },
  down: { ...DOWN, ...spec?.behavior?.scaleDown },
});

/**
 * What becomes of a recommendation: steadied by the windows, slowed by the policies of its behaviour (KEP-853), kept
 * within its bounds. One without a behaviour may double, or become four, at once. `now` in ms.
 */
export function normalized(
  hpa: HorizontalPodAutoscaler,
  memory: Memory,
  current: number,
  wanted: number,
  now: number,
): Normalized {
  const { minReplicas = 1, maxReplicas } = hpa.spec!;
  const { up, down } = rulesOf(hpa);
  const { behavior } = hpa.spec!;
  const steady = behavior ? stabilized(memory, current, wanted, up, down, now) : highest(memory, wanted, now);
  const limits = behavior
    ? limitsOf(memory, current, steady, up, down, now)
    : { least: -Infinity, most: Math.max(2 * current, 4) };
  return { ...within(steady, minReplicas, maxReplicas, limits), able: ableOf(steady, wanted) };
}

/** Notes a change of size, for the policies that count changes. */
export function noteChange(
  hpa: HorizontalPodAutoscaler,
  memory: Memory,
  before: number,
  after: number,
  now: number,
): void {
  if (!hpa.spec?.behavior || before === after) return;
  const { up, down } = rulesOf(hpa);
  const [list, { policies }] = after > before ? [memory.grown, up] : [memory.shrunk, down];
  const longest = Math.max(0, ...policies.map(({ periodSeconds }) => periodSeconds));
  put(list, { at: now, by: Math.abs(after - before) }, ({ at }) => at < now - longest * 1000);
}

/** In the place of the last entry that is of no use any more. */
function put<T>(list: T[], entry: T, isOld: (entry: T) => boolean): void {
  const at = list.findLastIndex(isOld);
  if (at >= 0) list[at] = entry;
  else list.push(entry);
  list.splice(0, list.length - MEMORY);
}

function ableOf(steady: number, wanted: number): Said {
  if (steady === wanted) return { reason: 'ReadyForNewScale', message: 'recommended size matches current size' };
  const [way, than, end] = steady < wanted ? ['Up', 'lower', 'lowest'] : ['Down', 'higher', 'highest'];
  const message = `recent recommendations were ${than} than current one, applying the ${end} recent recommendation`;
  return { reason: `Scale${way}Stabilized`, message };
}

function highest(memory: Memory, wanted: number, now: number): number {
  const begin = now - DOWNSCALE_WINDOW * 1000;
  const recent = memory.recommendations.filter(({ at }) => at >= begin).map(({ replicas }) => replicas);
  put(memory.recommendations, { at: now, replicas: wanted }, ({ at }) => at < begin);
  return Math.max(wanted, ...recent);
}

function stabilized(memory: Memory, current: number, wanted: number, up: Rules, down: Rules, now: number): number {
  const upBegin = now - up.stabilizationWindowSeconds * 1000;
  const downBegin = now - down.stabilizationWindowSeconds * 1000;
  let least = wanted;
  let most = wanted;
  for (const { at, replicas } of memory.recommendations) {
    if (at > upBegin) least = Math.min(least, replicas);
    if (at > downBegin) most = Math.max(most, replicas);
  }
  put(memory.recommendations, { at: now, replicas: wanted }, ({ at }) => at < upBegin && at < downBegin);
  return Math.min(Math.max(current, least), most);
}

/** How small and how large the policies let it become now: only in the direction in which it goes. */
function limitsOf(memory: Memory, current: number, wanted: number, up: Rules, down: Rules, now: number) {
  return {
    least: wanted < current ? Math.min(current, fastestDown(memory, current, down, now)) : -Infinity,
    most: wanted > current ? Math.max(current, fastestUp(memory, current, up, now)) : Infinity,
  };
}

function within(
  wanted: number,
  min: number,
  max: number,
  { least, most }: { least: number; most: number },
): Omit<Normalized, 'able'> {
  const to = (replicas: number, reason: string, message: string) => ({
    replicas,
    limited: { status: 'True', reason, message },
  });
  if (wanted < Math.max(min, least))
    return min < least
      ? to(least, 'ScaleDownLimit', 'the desired replica count is decreasing faster than the maximum scale rate')
      : to(min, 'TooFewReplicas', 'the desired replica count is less than the minimum replica count');
  if (wanted > Math.min(max, most))
    return max > most
      ? to(most, 'ScaleUpLimit', 'the desired replica count is increasing faster than the maximum scale rate')
      : to(max, 'TooManyReplicas', 'the desired replica count is more than the maximum replica count');
  const message = 'the desired count is within the acceptable range';
  return { replicas: wanted, limited: { status: 'False', reason: 'DesiredWithinRange', message } };
}

function fastestUp(memory: Memory, current: number, { selectPolicy, policies }: Rules, now: number): number {
  if (selectPolicy === 'Disabled') return current;
  const sizes = policies.map(({ type, value, periodSeconds }) => {
    const from = sizeBefore(memory, current, periodSeconds, now);
    return type === 'Pods' ? from + value : Math.ceil(from * (1 + value / 100));
  });
  return selectPolicy === 'Min' ? Math.min(...sizes) : Math.max(...sizes);
}

function fastestDown(memory: Memory, current: number, { selectPolicy, policies }: Rules, now: number): number {
  if (selectPolicy === 'Disabled') return current;
  const sizes = policies.map(({ type, value, periodSeconds }) => {
    const from = sizeBefore(memory, current, periodSeconds, now);
    return type === 'Pods' ? from - value : Math.trunc(from * (1 - value / 100));
  });
  return selectPolicy === 'Min' ? Math.max(...sizes) : Math.min(...sizes);
}

/** The size without the changes, up and down, of the last `period` seconds. */
function sizeBefore({ grown, shrunk }: Memory, current: number, period: number, now: number): number {
  const changed = (list: readonly Change[]): number =>
    list.filter(({ at }) => at > now - period * 1000).reduce((sum, { by }) => sum + by, 0);
  return current - changed(grown) + changed(shrunk);
}
