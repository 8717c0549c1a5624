import { parseDuration } from '../../go/duration.ts';
import { parseQuantity, quantityOf, type Quantity } from '../../meta/quantity.ts';
import { SIGNALS, type Signal } from './signals.ts';

/** A quantity, or a part of the capacity: 0.1 is a tenth. */
export type Amount = Quantity | number;

/** How much of a signal must stay; below it the node is under pressure. */
export interface Threshold {
  signal: Signal;
  amount: Amount;
  /** how long it must have been passed before pods are evicted, ms; 0: at once, and the pods with no time to end */
  graceMs: number;
  /** so much more than the threshold must be free before the pressure counts as over */
  minReclaim?: Amount;
}

/** The kubelet's settings, each a list of `signal<amount` or `signal=amount` as one map. */
export interface EvictionSettings {
  hard: Readonly<Record<string, string>>;
  soft: Readonly<Record<string, string>>;
  /** durations: `1m30s` */
  softGracePeriod: Readonly<Record<string, string>>;
  minimumReclaim: Readonly<Record<string, string>>;
  /** ms for which a condition of pressure stays after it was last seen */
  pressureTransitionMs: number;
  /** seconds that a pod has to end when a soft threshold is passed, at most */
  maxPodGraceSeconds: number;
}

/**
 * A node shares the disk of somebody's machine more often than it has one of its own: as in other small distributions,
 * less of it must be free than where kubelets are set up one by one (10% and 15%).
 */
export const DEFAULT_EVICTION: EvictionSettings = {
  hard: {
    'memory.available': '100Mi',
    'nodefs.available': '5%',
    'nodefs.inodesFree': '5%',
    'imagefs.available': '5%',
    'imagefs.inodesFree': '5%',
  },
  soft: {},
  softGracePeriod: {},
  minimumReclaim: {},
  pressureTransitionMs: 5 * 60_000,
  maxPodGraceSeconds: 0,
};

/** @throws Error in the kubelet's words. Source: pkg/kubelet/eviction ParseThresholdConfig */
export function parseThresholds(settings: EvictionSettings): Threshold[] {
  const { hard, soft, softGracePeriod, minimumReclaim } = settings;
  for (const signal of [...Object.keys(softGracePeriod), ...Object.keys(minimumReclaim)]) known(signal);
  const thresholds = Object.entries(hard).flatMap(([signal, text]) => one(signal, text, 0));
  for (const [signal, text] of Object.entries(soft)) {
    const grace = softGracePeriod[signal];
    if (grace === undefined)
      throw new Error(`grace period must be specified for the soft eviction threshold ${signal}`);
    thresholds.push(...one(signal, text, graceOf(grace)));
  }
  const reclaiming = thresholds.map((threshold) => {
    const text = minimumReclaim[threshold.signal];
    return text === undefined ? threshold : { ...threshold, minReclaim: reclaimOf(threshold.signal, text) };
  });
  const pods = reclaiming
    .filter(({ signal, graceMs }) => signal === 'memory.available' && graceMs === 0)
    .map((threshold) => ({ ...threshold, signal: 'allocatableMemory.available' as const }));
  return [...reclaiming, ...pods];
}

function known(signal: string): Signal {
  if (!Object.hasOwn(SIGNALS, signal)) throw new Error(`unsupported eviction signal ${signal}`);
  return signal as Signal;
}

/** 0% and 100% put a threshold off. */
function one(name: string, text: string, graceMs: number): Threshold[] {
  const signal = known(name);
  if (text === '0%' || text === '100%') return [];
  const amount = amountOf(text);
  if (typeof amount === 'number') {
    if (amount < 0) throw new Error(`eviction percentage threshold ${signal} must be >= 0%: ${text}`);
    if (amount > 1) throw new Error(`eviction percentage threshold ${signal} must be <= 100%: ${text}`);
  } else if (amount.nano <= 0n) throw new Error(`eviction threshold ${signal} must be positive: ${text}`);
  return [{ signal, amount, graceMs }];
}

function graceOf(text: string): number {
  const ms = parseDuration(text);
  if (ms === undefined) throw new Error(`time: invalid duration ${JSON.stringify(text)}`);
  if (ms < 0) throw new Error(`invalid eviction grace period specified: ${text}, must be a positive value`);
  return ms;
}

function reclaimOf(signal: string, text: string): Amount {
  const amount = amountOf(text);
  if (typeof amount === 'number' && !(amount > 0))
    throw new Error(`eviction percentage minimum reclaim ${signal} must be positive: ${text}`);
  if (typeof amount === 'object' && amount.nano < 0n)
    throw new Error(`negative eviction minimum reclaim specified for ${signal}`);
  return amount;
}

function amountOf(text: string): Amount {
  if (!text.endsWith('%')) return parseQuantity(text);
  const percent = Number(text.slice(0, -1));
  if (text === '%' || Number.isNaN(percent)) throw new Error(`parsing ${JSON.stringify(text)}: invalid syntax`);
  return percent / 100;
}

/** So much of a capacity: a part of it is a whole number of bytes. */
export const quantityWithin = (amount: Amount, capacity: Quantity): Quantity =>
  typeof amount === 'object'
    ? amount
    : quantityOf(Math.floor((Number(capacity.nano / 1_000_000n) / 1000) * Math.fround(amount)), 'BinarySI');
