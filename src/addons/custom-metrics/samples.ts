import type { ObjectLike } from '../../meta/object.ts';
import { fairShare } from '../fair-share.ts';
import { labelsOf, type Sample } from './parse-exposition.ts';
import type { Over, Rule } from './rules.ts';

/** A line of values of one pod, as a rule has taken it. */
export interface Series {
  rule: Rule;
  metric: string;
  labels: ReadonlyMap<string, string>;
  /** within the rule's window, ms and value, in order of time */
  points: { at: number; value: number }[];
}

/** What a pod has said at its places. */
export interface PodSamples {
  namespace: string;
  name: string;
  /** by place, then by key */
  places: Map<string, { at: number; known: Map<string, Known> }>;
}

/** A series that has been seen; no rule may have taken it. */
interface Known {
  key: string;
  series: Series | undefined;
}

interface Namespace {
  /** by name */
  pods: Map<string, PodSamples>;
  /** series that are kept, and that have been said since the last division */
  size: number;
  wanted: number;
}

/** Of one place of a pod, with those that no rule takes; of all pods; and of one series. */
const MAX_SERIES = 2000;
const MAX_TOTAL = 50_000;
const MAX_POINTS = 64;
/** ms after which what a place has said last is forgotten */
const SILENCE_MS = 60_000;

/** The series of all pods: in memory, as long as their windows are. */
export class Samples {
  private readonly namespaces = new Map<string, Namespace>();
  private rules: readonly Rule[] = [];
  private total = 0;
  /** series that one namespace may have */
  private share = MAX_TOTAL;

  /** Other rules begin with nothing. */
  setRules(rules: readonly Rule[]): void {
    this.rules = rules;
    this.namespaces.clear();
    this.total = 0;
  }

  /** Before each round: who said more than was kept has as much as the others. */
  divide(): void {
    const all = [...this.namespaces.values()];
    this.share = fairShare(
      all.map(({ size, wanted }) => Math.max(size, wanted)),
      MAX_TOTAL,
    );
    for (const namespace of all) namespace.wanted = 0;
  }

  /** Notes what a place of a pod says at `at` (ms). Series of which it says nothing any more are forgotten. @returns how many were too many */
  put(namespace: string, name: string, place: string, samples: Iterable<Sample>, at: number): number {
    const own = this.namespaces.get(namespace) ?? { pods: new Map<string, PodSamples>(), size: 0, wanted: 0 };
    this.namespaces.set(namespace, own);
    const pod = own.pods.get(name) ?? { namespace, name, places: new Map() };
    own.pods.set(name, pod);
    const before = pod.places.get(place)?.known;
    this.count(own, -(before?.size ?? 0));
    const room = Math.min(MAX_SERIES, this.share - own.size, MAX_TOTAL - this.total);
    const known = new Map<string, Known>();
    let left = 0;
    for (const sample of samples) {
      if (known.has(sample.key)) continue;
      if (known.size >= room) {
        left++;
        continue;
      }
      const one = before?.get(sample.key) ?? this.meet(sample);
      if (one.series) addPoint(one.series, at, sample.value);
      known.set(one.key, one);
    }
    own.wanted += Math.min(known.size + left, MAX_SERIES);
    this.count(own, known.size);
    pod.places.set(place, { at, known });
    return left;
  }

  /** Forgets pods that are not among these (`NAMESPACE/NAME`), and what has been silent for a minute. */
  keepOnly(pods: ReadonlySet<string>, now: number): void {
    for (const [namespace, own] of this.namespaces) {
      for (const [name, pod] of own.pods) {
        const gone = !pods.has(`${namespace}/${name}`);
        for (const [place, { at, known }] of pod.places) {
          if (!gone && now - at < SILENCE_MS) continue;
          this.count(own, -known.size);
          pod.places.delete(place);
        }
        if (pod.places.size === 0) own.pods.delete(name);
      }
      if (own.pods.size === 0) this.namespaces.delete(namespace);
    }
  }

  /** Of one namespace, or of all. */
  *pods(namespace?: string): Generator<PodSamples> {
    const chosen = namespace === undefined ? [...this.namespaces.values()] : [this.namespaces.get(namespace)];
    for (const own of chosen) if (own) yield* own.pods.values();
  }

  private count(namespace: Namespace, more: number): void {
    namespace.size += more;
    this.total += more;
  }

  private meet(sample: Sample): Known {
    // a copy: a part of the answer's text would keep all of it
    const key = Buffer.from(sample.key).toString();
    const name = key.slice(0, sample.name.length);
    const labels = labelsOf(key);
    const rule = labels && this.rules.find((each) => each.takes(name, labels));
    if (!rule || rule.drop) return { key, series: undefined };
    return { key, series: { rule, metric: rule.metric(name), labels, points: [] } };
  }
}

/** All series of a pod that a rule has taken. */
export function* seriesOfPod({ places }: PodSamples): Generator<Series> {
  for (const { known } of places.values()) for (const { series } of known.values()) if (series) yield series;
}

/** Key of a pod among those that are kept. */
export const podKey = ({ metadata: { namespace = '', name } }: Pick<ObjectLike, 'metadata'>): string =>
  `${namespace}/${name}`;

function addPoint({ rule, points }: Series, at: number, value: number): void {
  points.push({ at, value });
  const begin = rule.over === 'last' ? at : at - rule.windowMs;
  const old = points.findIndex((point) => point.at >= begin);
  points.splice(0, Math.max(old, points.length - MAX_POINTS));
}

/** What a series comes to over its window; undefined until that can be said. */
export function valueOf({ rule: { over }, points }: Series): number | undefined {
  return OVER[over](points);
}

type Points = Series['points'];
const OVER: Readonly<Record<Over, (points: Points) => number | undefined>> = {
  last: (points) => points.at(-1)?.value,
  rate(points) {
    const seconds = ((points.at(-1)?.at ?? 0) - (points[0]?.at ?? 0)) / 1000;
    return seconds > 0 ? increase(points) / seconds : undefined;
  },
  increase: (points) => (points.length > 1 ? increase(points) : undefined),
  avg: (points) => points.reduce((sum, { value }) => sum + value, 0) / points.length,
  min: (points) => Math.min(...points.map(({ value }) => value)),
  max: (points) => Math.max(...points.map(({ value }) => value)),
};

/** By how much a counter has grown; one that is less than before has begun anew. */
function increase(points: Points): number {
  let sum = 0;
  for (let i = 1; i < points.length; i++) {
    const [before, after] = [points[i - 1]?.value ?? 0, points[i]?.value ?? 0];
    sum += after < before ? after : after - before;
  }
  return sum;
}
