import type { Selector } from '../../meta/labels.ts';
import type { Of, Rule } from './rules.ts';
import { seriesOfPod, valueOf, type PodSamples, type Series } from './samples.ts';

/** What is said of one object. */
export interface Value {
  /** the object's name */
  name: string;
  value: number;
  /** ms, of the earliest of what it is made of; and over which time, where it is over one */
  at: number;
  windowMs: number | undefined;
}

interface Sum {
  rule: Rule;
  values: number[];
  at: number;
}

/**
 * A metric by objects of one namespace: pods, or what a label of the series names.
 * @param nameOf the object of a series; undefined: it is of none
 * @param labels which series count
 */
export function metricValues(
  pods: Iterable<PodSamples>,
  metric: string,
  labels: Selector,
  nameOf: (series: Series, pod: PodSamples) => string | undefined,
): Value[] {
  const sums = new Map<string, Sum>();
  for (const pod of pods) {
    for (const series of seriesOfPod(pod)) {
      if (series.metric !== metric || series.rule.external) continue;
      const name = nameOf(series, pod);
      if (name !== undefined && name !== '' && matches(labels, series)) add(sums, name, series);
    }
  }
  return [...sums].map(([name, sum]) => valueOfSum(name, sum));
}

export interface ExternalValue extends Value {
  labels: Readonly<Record<string, string>>;
}

/** A metric of no object, by its series: those of several pods with the same labels are one. */
export function externalValues(pods: Iterable<PodSamples>, metric: string, labels: Selector): ExternalValue[] {
  const sums = new Map<string, Sum>();
  const found = new Map<string, Readonly<Record<string, string>>>();
  for (const pod of pods) {
    for (const series of seriesOfPod(pod)) {
      if (series.metric !== metric || !series.rule.external || !matches(labels, series)) continue;
      const own = Object.fromEntries([...series.labels].sort(([a], [b]) => (a < b ? -1 : 1)));
      const key = JSON.stringify(own);
      found.set(key, own);
      add(sums, key, series);
    }
  }
  return [...sums].map(([key, sum]) => ({ ...valueOfSum(key, sum), labels: found.get(key) ?? {} }));
}

const matches = (selector: Selector, { labels }: Series): boolean =>
  selector.empty || selector.matches(Object.fromEntries(labels));

function add(sums: Map<string, Sum>, name: string, series: Series): void {
  const value = valueOf(series);
  const at = series.points.at(-1)?.at;
  if (value === undefined || at === undefined) return;
  const sum = sums.get(name) ?? { rule: series.rule, values: [], at };
  sum.values.push(value);
  sum.at = Math.min(sum.at, at);
  sums.set(name, sum);
}

const OF: Readonly<Record<Of, (values: readonly number[]) => number>> = {
  sum: (values) => values.reduce((sum, value) => sum + value, 0),
  avg: (values) => OF.sum(values) / values.length,
  min: (values) => values.reduce((a, b) => Math.min(a, b)),
  max: (values) => values.reduce((a, b) => Math.max(a, b)),
};

function valueOfSum(name: string, { rule, values, at }: Sum): Value {
  return { name, value: OF[rule.of](values), at, windowMs: rule.over === 'last' ? undefined : rule.windowMs };
}
