import type { StorageKind } from '../../kinds/kind.ts';
import type { KubeObject } from '../../meta/object.ts';
import { formatTime, timeMs } from '../../meta/time.ts';
import type { Stored } from '../../store/contract.ts';
import type { DeleteOptions } from '../contract.ts';
import { finalizersForPropagation } from './finalizers.ts';

/**
 * What a delete does to an object: `remove` takes it from the store, `pending` leaves it as it is (its grace period
 * runs), `mark` writes `object` first and then, with `thenRemove`, takes it away.
 */
export type Deletion = { do: 'remove' } | { do: 'pending' } | { do: 'mark'; object: KubeObject; thenRemove: boolean };

/** A hundred years, in seconds: more than that no time can tell. */
const MAX_GRACE = 100 * 365 * 86_400;

/** Seconds of grace for the first delete. An object that needs no grace (a pod without a node) gets none. */
function gracePeriod(natural: number, asked: number | undefined): number {
  if (natural === 0) return 0;
  const seconds = Number(asked ?? natural);
  return seconds < 0 ? 1 : Math.min(seconds, MAX_GRACE);
}

/** Sets deletionTimestamp and the grace period; undefined when the kind has no graceful deletion or it is over. */
function markGraceful(
  storage: StorageKind,
  object: KubeObject,
  options: DeleteOptions,
  now: number,
): 'graceful' | 'pending' | undefined {
  const natural = storage.strategy.gracePeriod?.(object);
  if (natural === undefined) return undefined;
  const meta = object.metadata;
  if (!meta.deletionTimestamp) {
    const seconds = gracePeriod(natural, options.gracePeriodSeconds);
    meta.deletionTimestamp = formatTime(now + seconds * 1000);
    meta.deletionGracePeriodSeconds = seconds;
    if (meta.generation) meta.generation++;
    return 'graceful';
  }
  const left = meta.deletionGracePeriodSeconds;
  if (!left) return undefined;
  const asked =
    options.gracePeriodSeconds === undefined
      ? undefined
      : Math.max(options.gracePeriodSeconds, options.gracePeriodSeconds < 0 ? 1 : 0);
  // a second delete may only shorten it
  if (asked === undefined || asked >= left) return 'pending';
  const end = timeMs(meta.deletionTimestamp) - (left - asked) * 1000;
  // what would have been over is given the least time that is not none: somebody has to see it end
  meta.deletionTimestamp = formatTime(Math.max(end, now));
  meta.deletionGracePeriodSeconds = end < now && asked !== 0 ? 1 : asked;
  return 'graceful';
}

function markPending(object: KubeObject, now: number): void {
  const meta = object.metadata;
  if (!meta.deletionTimestamp && meta.generation) meta.generation++;
  if (!meta.deletionTimestamp || timeMs(meta.deletionTimestamp) > now) meta.deletionTimestamp = formatTime(now);
  meta.deletionGracePeriodSeconds = 0;
}

function setFinalizers({ metadata }: KubeObject, finalizers: string[] | undefined): void {
  if (finalizers?.length) metadata.finalizers = finalizers;
  else if (finalizers) delete metadata.finalizers;
}

/** @param now in ms */
export function planDeletion(storage: StorageKind, stored: Stored, options: DeleteOptions, now: number): Deletion {
  const { strategy } = storage;
  // a large object is not read again for the sake of its metadata
  const { metadata } = stored.object;
  const object = strategy.beginDeletion ? stored.copy() : { ...stored.object, metadata: { ...metadata } };
  if (strategy.beginDeletion && !object.metadata.deletionTimestamp) {
    const time = formatTime(now);
    object.metadata.deletionTimestamp = time;
    setFinalizers(object, finalizersForPropagation(storage, object, options));
    strategy.beginDeletion(object, time);
    return { do: 'mark', object, thenRemove: false };
  }
  if (strategy.specFinalizers?.(object).length) return { do: 'pending' };
  const graceful = markGraceful(storage, object, options, now);
  if (graceful === 'pending') return { do: 'pending' };
  setFinalizers(object, finalizersForPropagation(storage, object, options));
  const waits = (object.metadata.finalizers?.length ?? 0) > 0;
  if (graceful) {
    return { do: 'mark', object, thenRemove: !waits && object.metadata.deletionGracePeriodSeconds === 0 };
  }
  if (!waits) return { do: 'remove' };
  markPending(object, now);
  return { do: 'mark', object, thenRemove: false };
}
