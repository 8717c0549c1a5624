/** A metric: its name, what it counts, and by which labels. Names, types, labels and buckets are those of Kubernetes. */
export interface Family {
  readonly name: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  readonly labels: readonly string[];
  /** upper bounds of a histogram, without +Inf */
  readonly buckets?: readonly number[];
}

/** Label sets that one metric may have; what comes beyond is counted together, with empty labels. */
const MAX_SERIES = 2000;

/** One label set of a metric. Kept by who adds to it often. */
export class Series {
  value = 0;
  /** of a histogram: how many fell into each bucket, apart from the lower ones */
  readonly counts: number[];
  sum = 0;

  constructor(
    readonly labels: string,
    private readonly buckets: readonly number[],
  ) {
    this.counts = buckets.map(() => 0);
  }

  add(by = 1): void {
    this.value += by;
  }
  set(value: number): void {
    this.value = value;
  }
  observe(value: number): void {
    this.value++;
    this.sum += value;
    const { buckets } = this;
    for (let i = 0; i < buckets.length; i++)
      if (value <= buckets[i]!) {
        this.counts[i]!++;
        return;
      }
  }
}

/** All label sets of one metric. */
export class Metric {
  private readonly series = new Map<string, Series>();

  constructor(readonly family: Family) {}

  /** The series of these values of the labels, in their order. */
  of(...values: readonly string[]): Series {
    const key = values.length === 1 ? values[0]! : values.join('\0');
    let found = this.series.get(key);
    if (found) return found;
    const { labels, buckets = [] } = this.family;
    const full = this.series.size >= MAX_SERIES;
    const kept = full ? labels.map(() => '') : values;
    const under = full ? '\0' : key;
    found = this.series.get(under);
    if (!found) {
      found = new Series(labels.map((name, i) => `${name}="${escaped(kept[i] ?? '')}"`).join(','), buckets);
      this.series.set(under, found);
    }
    return found;
  }

  /** Forgets all label sets: of a gauge that is counted anew at each exposition. */
  clear(): void {
    this.series.clear();
  }

  /** Its lines in Prometheus' text format; none where nothing was counted. */
  lines(): string[] {
    if (!this.series.size) return [];
    const { name, type, help } = this.family;
    const lines = [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`];
    for (const one of this.series.values()) {
      if (type !== 'histogram') lines.push(one.labels ? `${name}{${one.labels}} ${one.value}` : `${name} ${one.value}`);
      else this.histogram(one, lines);
    }
    return lines;
  }

  private histogram({ labels, counts, sum, value }: Series, lines: string[]): void {
    const { name, buckets = [] } = this.family;
    const before = labels && `${labels},`;
    let total = 0;
    for (const [i, bound] of buckets.entries())
      lines.push(`${name}_bucket{${before}le="${bound}"} ${(total += counts[i]!)}`);
    const braces = labels && `{${labels}}`;
    lines.push(
      `${name}_bucket{${before}le="+Inf"} ${value}`,
      `${name}_sum${braces} ${sum}`,
      `${name}_count${braces} ${value}`,
    );
  }
}

const escaped = (value: string): string =>
  /[\\"\n]/.test(value) ? value.replace(/[\\"\n]/g, (c) => (c === '\n' ? '\\n' : `\\${c}`)) : value;

/** A part's metrics by the names that its table has for them. */
export type MetricsOf<F extends Readonly<Record<string, Family>>> = { readonly [K in keyof F]: Metric };

export const metricsOf = <F extends Readonly<Record<string, Family>>>(families: F): MetricsOf<F> =>
  Object.fromEntries(Object.entries(families).map(([key, family]) => [key, new Metric(family)])) as MetricsOf<F>;

/** The exposition of some parts. */
export const linesOf = (...parts: readonly Readonly<Record<string, Metric>>[]): string[] =>
  parts.flatMap((part) => Object.values(part).flatMap((metric) => metric.lines()));
