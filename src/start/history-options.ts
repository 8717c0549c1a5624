import { parseDuration } from '../go/duration.ts';
import { parseQuantity, quantityValue } from '../meta/quantity.ts';
import { DEFAULT_RETENTION, type HistoryRetention, type Retention } from '../store/retention.ts';
import { StartError } from './start-error.ts';

/** Flags that say what history is kept. */
export const HISTORY_FLAGS = {
  'history-retention': { type: 'string' },
  'history-retention-size': { type: 'string' },
  'history-retention-of': { type: 'string', multiple: true },
} as const;

export const HISTORY_USAGE = `\
  --history-retention AGE   how long changes are kept: 12h, 30d (default 7d); what watches need is kept in any case
  --history-retention-size SIZE  and how much of them of one resource (default 1Gi)
  --history-retention-of RESOURCE=AGE[/SIZE]  the same for one resource: pods=2d, nodes=1d/200Mi; repeatable
                            (default events=0s, leases.coordination.k8s.io=0s: no longer than watches need;
                            nodes=1d)`;

export interface HistoryValues {
  'history-retention'?: string | undefined;
  'history-retention-size'?: string | undefined;
  'history-retention-of'?: string[] | undefined;
}

export type HistorySettings = Pick<Retention, 'history' | 'resources'>;

/** @throws StartError */
export function historySettings(values: HistoryValues): HistorySettings {
  const { history, resources } = DEFAULT_RETENTION;
  const age = values['history-retention'];
  const size = values['history-retention-size'];
  return {
    history: {
      ms: age === undefined ? history.ms : ageOf('--history-retention', age),
      bytes: size === undefined ? history.bytes : sizeOf('--history-retention-size', size),
    },
    resources: {
      ...resources,
      ...Object.fromEntries((values['history-retention-of'] ?? []).map((text) => resourceOf(text))),
    },
  };
}

function resourceOf(text: string): [string, Partial<HistoryRetention>] {
  const flag = '--history-retention-of';
  const [, resource, age, size] = /^([a-z0-9.-]+)=([^/]+)(?:\/(.+))?$/.exec(text) ?? [];
  if (resource === undefined || age === undefined)
    throw new StartError(`${flag}: ${text} is not of the form RESOURCE=AGE or RESOURCE=AGE/SIZE`);
  return [resource, { ms: ageOf(flag, age), ...(size !== undefined && { bytes: sizeOf(flag, size) }) }];
}

const DAY_MS = 86_400_000;

/** `12h`, `30d`. @returns ms. @throws StartError */
export function ageOf(flag: string, text: string): number {
  const [, days] = /^(\d{1,6})d$/.exec(text) ?? [];
  const ms = days === undefined ? parseDuration(text) : Number(days) * DAY_MS;
  if (ms === undefined || ms < 0) throw new StartError(`${flag}: ${text} is neither a duration nor a number of days`);
  return ms;
}

/** `200Mi`. @returns bytes. @throws StartError */
export function sizeOf(flag: string, text: string): number {
  let bytes: number;
  try {
    bytes = quantityValue(parseQuantity(text));
  } catch {
    throw new StartError(`${flag}: ${text} is no quantity`);
  }
  if (bytes < 0) throw new StartError(`${flag}: ${text} is less than nothing`);
  return bytes;
}
