import { badRequest, expired } from '../../meta/status.ts';
import { isTime, timeMs } from '../../meta/time.ts';
import type { Core } from '../core.ts';
import { tooLargeRevision } from '../store-errors.ts';

/**
 * The revision that a text means: a revision, or an RFC 3339 time, which means the last revision written at it or before
 * it. Whether a resource can still be read there its read says. Throws 400 for what is neither and for a time to come,
 * 504 for a revision to come, 410 where nothing so old is kept.
 */
export async function resolveAsOf({ store, clock }: Pick<Core, 'store' | 'clock'>, text: string): Promise<number> {
  if (/^\d+$/.test(text)) return knownRevision(store, text);
  const time = timeOf(text);
  if (time > clock.now()) throw badRequest(`asOf: ${text} is yet to come`);
  await store.fresh();
  const revision = await store.revisionAt(time);
  if (revision === undefined) throw expired(`asOf: nothing of ${text} is kept any more`);
  return revision;
}

async function knownRevision(store: Core['store'], text: string): Promise<number> {
  const revision = Number(text);
  if (revision < 1 || !Number.isSafeInteger(revision)) throw neither(text);
  if (revision > store.revision) await store.fresh();
  if (revision > store.revision) throw tooLargeRevision(revision, store.revision);
  return revision;
}

function timeOf(text: string): number {
  const time = isTime(text) ? timeMs(text) : Number.NaN;
  if (Number.isNaN(time)) throw neither(text);
  return time;
}

const neither = (text: string) =>
  badRequest(`asOf: ${JSON.stringify(text.slice(0, 64))} is neither a revision nor an RFC 3339 time`);
