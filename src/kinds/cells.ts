import { humanDuration } from '../meta/duration.ts';
import { labelSelectorAsSelector, type LabelSelectorLike } from '../meta/labels.ts';
import type { ObjectLike, Parts } from '../meta/object.ts';
import type { Cell } from './kind.ts';

export const NONE = '<none>';
export const UNSET = '<unset>';
export const UNKNOWN = '<unknown>';

/** Time since `time` as kubectl shows it; `<unknown>` where there is none. */
export const since = (time: string | null | undefined, now: number): string =>
  time ? humanDuration(now - Date.parse(time)) : UNKNOWN;

/** A number that JSON left out because it is zero. */
export const count = (value: number | undefined): number => value ?? 0;

/** `a=b,c=d` in the order of the keys. */
export function formatLabels(labels: Record<string, string> | undefined): string {
  const text = Object.entries(labels ?? {})
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}=${value}`)
    .join(',');
  return text || NONE;
}

export const formatSelector = (selector: Parts<LabelSelectorLike> | undefined | null): string => {
  try {
    return labelSelectorAsSelector(selector).toString() || NONE;
  } catch {
    return '<error>';
  }
};

export const boolPointer = (value: boolean | undefined): string =>
  value === undefined ? UNSET : value ? 'True' : 'False';

interface Containers {
  containers?: { name?: string; image?: string }[];
}
/** Names and images of a pod template's containers, one cell each. */
export const containerCells = (spec: Containers | undefined): [string, string] => {
  const containers = spec?.containers ?? [];
  return [containers.map((c) => c.name).join(','), containers.map((c) => c.image ?? '').join(',')];
};

/** The first `max` of `all`, and how many were left out. */
export function listWithMore(all: readonly string[], max: number, separator = ','): string {
  const text = all.slice(0, max).join(separator);
  return all.length > max ? `${text} + ${all.length - max} more...` : text;
}

/** Addresses of a load balancer's status, each once and sorted. */
export const loadBalancerAddresses = (ingress: readonly { ip?: string; hostname?: string }[] | undefined): string[] =>
  [...new Set((ingress ?? []).map((i) => i.ip || i.hostname || '').filter(Boolean))].sort();

/** Entries of a map that may not be there. */
export const size = (map: object | undefined): number => Object.keys(map ?? {}).length;

/** The cells of a kind of which nothing else is shown. */
export const nameAndAge = ({ metadata }: ObjectLike, now: number): Cell[] => [
  metadata.name,
  since(metadata.creationTimestamp, now),
];
