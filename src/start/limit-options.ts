import { parseDuration } from '../go/duration.ts';
import { parseQuantity } from '../meta/quantity.ts';
import type { LimitOptions } from '../nodes/contract.ts';
import { DEFAULT_EVICTION, parseThresholds, type EvictionSettings } from '../nodes/eviction/thresholds.ts';
import { StartError } from './start-error.ts';

const text = { type: 'string' } as const;
/** For parseArgs; the names are the kubelet's, but for `require-limits`. */
export const LIMIT_FLAGS = {
  'pod-max-pids': text,
  'require-limits': { type: 'boolean' },
  'system-reserved': text,
  'kube-reserved': text,
  'eviction-hard': text,
  'eviction-soft': text,
  'eviction-soft-grace-period': text,
  'eviction-minimum-reclaim': text,
  'eviction-pressure-transition-period': text,
  'eviction-max-pod-grace-period': text,
} as const;

export const LIMIT_USAGE = `  --pod-max-pids N          processes and threads of each pod (default -1: as many as all together)
  --require-limits          refuse containers whose limits this machine cannot enforce; else they run without
  --system-reserved LIST, --kube-reserved LIST  what is not for pods: cpu=500m,memory=1Gi
  --eviction-hard LIST      when pods are evicted: memory.available<100Mi,nodefs.available<5% and so on; also
                            --eviction-soft with -grace-period, --eviction-minimum-reclaim,
                            --eviction-pressure-transition-period 5m, --eviction-max-pod-grace-period SECONDS`;

type Values = {
  [Flag in keyof typeof LIMIT_FLAGS]?: (typeof LIMIT_FLAGS)[Flag]['type'] extends 'string' ? string : boolean;
};

/** How the process node holds pods to what they may use. Throws StartError. */
export function limitOptions(values: Values): LimitOptions {
  const pids = values['pod-max-pids'];
  if (pids !== undefined && !/^(-1|[1-9]\d{0,8})$/.test(pids))
    throw new StartError(`--pod-max-pids: ${pids} is not a number of processes`);
  const reserved = (flag: 'system-reserved' | 'kube-reserved'): Record<string, string> => {
    const amounts = listOf(flag, values[flag] ?? '', '=');
    for (const amount of Object.values(amounts)) checked(flag, () => parseQuantity(amount));
    return amounts;
  };
  return {
    ...(pids !== undefined && { podPids: Number(pids) }),
    required: values['require-limits'] ?? false,
    systemReserved: reserved('system-reserved'),
    kubeReserved: reserved('kube-reserved'),
    eviction: evictionSettings(values),
  };
}

function evictionSettings(values: Values): EvictionSettings {
  const list = (flag: keyof typeof LIMIT_FLAGS & `eviction-${string}`, separator: '<' | '='): Record<string, string> =>
    listOf(flag, values[flag] ?? '', separator);
  const hard = values['eviction-hard'];
  const period = values['eviction-pressure-transition-period'];
  const transition = period === undefined ? DEFAULT_EVICTION.pressureTransitionMs : parseDuration(period);
  if (transition === undefined || transition < 0)
    throw new StartError(`--eviction-pressure-transition-period: ${period} is not a duration`);
  const grace = values['eviction-max-pod-grace-period'] ?? '0';
  if (!/^\d{1,9}$/.test(grace)) throw new StartError(`--eviction-max-pod-grace-period: ${grace} is not a number`);
  const settings = {
    hard: hard === undefined ? DEFAULT_EVICTION.hard : list('eviction-hard', '<'),
    soft: list('eviction-soft', '<'),
    softGracePeriod: list('eviction-soft-grace-period', '='),
    minimumReclaim: list('eviction-minimum-reclaim', '='),
    pressureTransitionMs: transition,
    maxPodGraceSeconds: Number(grace),
  };
  checked('eviction-hard and the others', () => parseThresholds(settings));
  return settings;
}

function listOf(flag: string, given: string, separator: '<' | '='): Record<string, string> {
  const pairs = given.split(',').filter(Boolean);
  return Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf(separator);
      if (at <= 0) throw new StartError(`--${flag}: ${pair} is not NAME${separator}AMOUNT`);
      return [pair.slice(0, at), pair.slice(at + 1)];
    }),
  );
}

function checked<T>(flag: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw new StartError(`--${flag}: ${(error as Error).message}`);
  }
}
