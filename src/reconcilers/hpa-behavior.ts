import type { HorizontalPodAutoscaler, HPAScalingRules } from '../../schema/types.ts';

/** What was recommended and done lately, for stabilisation windows; lost with the process, as in Kubernetes. */
export interface Memory {
  recommendations: { at: number; replicas: number }[];
  changes: { at: number; by: number }[];
}
interface Said {
  reason: string;
  message: string;
}
type Rules = Required<Omit<HPAScalingRules, 'tolerance'>>;

const UP: Rules = {
  stabilizationWindowSeconds: 0,
  selectPolicy: 'Max',
  policies: [
    { type: 'Percent', value: 100, periodSeconds: 15 },
    { type: 'Pods', value: 4, periodSeconds: 15 },
  ],
};
const DOWN: Rules = {
  stabilizationWindowSeconds: 300,
  selectPolicy: 'Max',
  policies: [{ type: 'Percent', value: 100, periodSeconds: 15 }],
};

/**
 * What becomes of a recommendation under the autoscaler's behaviour (KEP-853): steadied by its windows, slowed by its
 * policies, kept within its bounds. `now` in ms.
 */
export function withinBehavior(
  { spec }: HorizontalPodAutoscaler,
  memory: Memory,
  current: number,
  wanted: number,
  now: number,
): { replicas: number; able: Said; limited: Said & { status: string } } {
  const up: Rules = { ...UP, ...spec?.behavior?.scaleUp };
  const down: Rules = { ...DOWN, ...spec?.behavior?.scaleDown };
  const steady = stabilized(
    memory,
    current,
    wanted,
    up.stabilizationWindowSeconds,
    down.stabilizationWindowSeconds,
    now,
  );
  const able =
    steady < wanted
      ? {
          reason: 'ScaleUpStabilized',
          message: 'recent recommendations were lower than current one, applying the lowest recent recommendation',
        }
      : steady > wanted
        ? {
            reason: 'ScaleDownStabilized',
            message: 'recent recommendations were higher than current one, applying the highest recent recommendation',
          }
        : { reason: 'ReadyForNewScale', message: 'recommended size matches current size' };
  return { ...limit(spec!.minReplicas ?? 1, spec!.maxReplicas, memory, current, steady, up, down, now), able };
}

function stabilized(
  memory: Memory,
  current: number,
  wanted: number,
  upWindow: number,
  downWindow: number,
  now: number,
): number {
  let least = wanted;
  let most = wanted;
  for (const { at, replicas } of memory.recommendations) {
    if (at > now - upWindow * 1000) least = Math.min(least, replicas);
    if (at > now - downWindow * 1000) most = Math.max(most, replicas);
  }
  memory.recommendations.push({ at: now, replicas: wanted });
  let result = current;
  if (result < least) result = least;
  if (result > most) result = most;
  return result;
}

interface Limited {
  replicas: number;
  limited: Said & { status: string };
}

const limitedTo = (replicas: number, reason: string, message: string): Limited => ({
  replicas,
  limited: { status: 'True', reason, message },
});

const unlimited = (replicas: number): Limited => ({
  replicas,
  limited: {
    status: 'False',
    reason: 'DesiredWithinRange',
    message: 'the desired count is within the acceptable range',
  },
});

function limit(
  min: number,
  max: number,
  memory: Memory,
  current: number,
  wanted: number,
  up: Rules,
  down: Rules,
  now: number,
): Limited {
  if (wanted < current) {
    const least = Math.min(current, fastestDown(memory, current, down, now));
    if (wanted < least && least > min) {
      const message = 'the desired replica count is decreasing faster than the maximum scale rate';
      return limitedTo(least, 'ScaleDownLimit', message);
    }
    const message = 'the desired replica count is less than the minimum replica count';
    return wanted < min ? limitedTo(min, 'TooFewReplicas', message) : unlimited(wanted);
  }
  const most = wanted > current ? Math.max(current, fastestUp(memory, current, up, now)) : wanted;
  if (wanted > most && most < max) {
    const message = 'the desired replica count is increasing faster than the maximum scale rate';
    return limitedTo(most, 'ScaleUpLimit', message);
  }
  const message = 'the desired replica count is more than the maximum replica count';
  return wanted > max ? limitedTo(max, 'TooManyReplicas', message) : unlimited(wanted);
}

/** As large as the policies let it become now. */
function fastestUp(memory: Memory, current: number, { selectPolicy, policies }: Rules, now: number): number {
  if (selectPolicy === 'Disabled') return current;
  const sizes = policies.map(({ type, value, periodSeconds }) => {
    const from = sizeBefore(memory, current, periodSeconds, now);
    return type === 'Pods' ? from + value : Math.ceil(from * (1 + value / 100));
  });
  return selectPolicy === 'Min' ? Math.min(...sizes) : Math.max(...sizes);
}

/** As small as the policies let it become now. */
function fastestDown(memory: Memory, current: number, { selectPolicy, policies }: Rules, now: number): number {
  if (selectPolicy === 'Disabled') return current;
  const sizes = policies.map(({ type, value, periodSeconds }) => {
    const from = sizeBefore(memory, current, periodSeconds, now);
    return type === 'Pods' ? from - value : Math.floor(from * (1 - value / 100));
  });
  return selectPolicy === 'Min' ? Math.max(...sizes) : Math.min(...sizes);
}

/** The size without the changes, up and down, of the last `period` seconds. */
const sizeBefore = ({ changes }: Memory, current: number, period: number, now: number): number =>
  current - changes.filter(({ at }) => at > now - period * 1000).reduce((sum, { by }) => sum + by, 0);
