import type { HorizontalPodAutoscaler, HPAScalingPolicy, HPAScalingRules } from '../../schema/types.ts';

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

function limit(
  min: number,
  max: number,
  memory: Memory,
  current: number,
  wanted: number,
  up: Rules,
  down: Rules,
  now: number,
): { replicas: number; limited: Said & { status: string } } {
  const limited = (reason: string, message: string) => ({ status: 'True', reason, message });
  const start = (period: number, sign: 1 | -1): number =>
    current -
    memory.changes
      .filter(({ at, by }) => at > now - period * 1000 && Math.sign(by) === sign)
      .reduce((sum, { by }) => sum + by, 0);
  if (wanted > current) {
    const rate =
      up.selectPolicy === 'Disabled'
        ? current
        : pick(
            up,
            (policy) => {
              const from = start(policy.periodSeconds, 1);
              return policy.type === 'Pods' ? from + policy.value : Math.ceil(from * (1 + policy.value / 100));
            },
            up.selectPolicy === 'Min' ? Math.min : Math.max,
          );
    const most = Math.max(current, rate);
    if (wanted > most && most < max) {
      return {
        replicas: most,
        limited: limited('ScaleUpLimit', 'the desired replica count is increasing faster than the maximum scale rate'),
      };
    }
    if (wanted > max) {
      return {
        replicas: max,
        limited: limited('TooManyReplicas', 'the desired replica count is more than the maximum replica count'),
      };
    }
  } else if (wanted < current) {
    const rate =
      down.selectPolicy === 'Disabled'
        ? current
        : pick(
            down,
            (policy) => {
              const from = start(policy.periodSeconds, -1);
              return policy.type === 'Pods' ? from - policy.value : Math.floor(from * (1 - policy.value / 100));
            },
            down.selectPolicy === 'Min' ? Math.max : Math.min,
          );
    const least = Math.min(current, rate);
    if (wanted < least && least > min) {
      return {
        replicas: least,
        limited: limited(
          'ScaleDownLimit',
          'the desired replica count is decreasing faster than the maximum scale rate',
        ),
      };
    }
    if (wanted < min) {
      return {
        replicas: min,
        limited: limited('TooFewReplicas', 'the desired replica count is less than the minimum replica count'),
      };
    }
  } else if (wanted > max)
    return {
      replicas: max,
      limited: limited('TooManyReplicas', 'the desired replica count is more than the maximum replica count'),
    };
  return {
    replicas: wanted,
    limited: {
      status: 'False',
      reason: 'DesiredWithinRange',
      message: 'the desired count is within the acceptable range',
    },
  };
}

const pick = (rules: Rules, size: (policy: HPAScalingPolicy) => number, best: (...sizes: number[]) => number): number =>
  best(...rules.policies.map(size));
