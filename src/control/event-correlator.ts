import type { Event } from '../../schema/types.ts';
import type { New } from '../meta/object.ts';
import { formatMicroTime } from '../meta/time.ts';
import type { Clock } from '../rules/clock.ts';

/** Different messages about one thing within the window; the next ones become one combined event. */
const MAX_SIMILAR = 10;
const WINDOW = 600_000;
/** Per object and source: so many at once, then one in REFILL ms. */
const BURST = 25;
const REFILL = 300_000;
/** Entries of each memory; the one that was used longest ago goes first. */
const MEMORY = 4096;
const PREFIX = '(combined from similar events): ';

/** An event that is about to be sent; it has its name. */
export type NewEvent = New<Event> & { metadata: { name: string } };

interface Seen {
  name: string;
  count: number;
  firstTimestamp: string | undefined;
}

/**
 * Keeps one noisy object from filling the API: identical events are counted on one object, many similar ones are
 * combined, and what still comes too fast is dropped. The same rules and numbers as client-go's recorder.
 */
export class EventCorrelator {
  private readonly similar = new Memory<{ messages: Set<string>; at: number }>();
  private readonly seen = new Memory<Seen>();
  private readonly tokens = new Memory<{ left: number; at: number }>();

  constructor(private readonly clock: Clock) {}

  /** `event` undefined: drop it. `known`: the name of the event that must be updated instead of making one. */
  correlate(event: NewEvent): { event?: NewEvent; known?: string } {
    const { key, message } = this.aggregate(event);
    const old = this.seen.get(key);
    const merged = { ...event, message };
    if (!this.allow(event)) return {};
    if (!old) return { event: merged };
    const count = old.count + 1;
    const counted = event.eventTime
      ? { ...merged, series: { count, lastObservedTime: formatMicroTime(this.clock.now()) } }
      : { ...merged, count, ...(old.firstTimestamp && { firstTimestamp: old.firstTimestamp }) };
    return { event: { ...counted, metadata: { ...event.metadata, name: old.name } }, known: old.name };
  }

  /** The event is in the API: what is identical to it will be counted there. */
  sent(event: NewEvent): void {
    const key = event.message?.startsWith(PREFIX) ? groupKey(event) : exactKey(event);
    const count = event.series?.count ?? event.count ?? 1;
    this.seen.set(key, { name: event.metadata.name, count, firstTimestamp: event.firstTimestamp });
  }

  private aggregate(event: NewEvent): { key: string; message: string } {
    const now = this.clock.now();
    const group = groupKey(event);
    let entry = this.similar.get(group);
    if (!entry || now - entry.at > WINDOW) entry = { messages: new Set(), at: now };
    entry.at = now;
    entry.messages.add(event.message ?? '');
    this.similar.set(group, entry);
    if (entry.messages.size < MAX_SIMILAR) return { key: exactKey(event), message: event.message ?? '' };
    // The set stays at its bound: which messages came is of no interest any more.
    for (const message of entry.messages) {
      entry.messages.delete(message);
      break;
    }
    return { key: group, message: PREFIX + (event.message ?? '') };
  }

  private allow(event: NewEvent): boolean {
    const now = this.clock.now();
    const key = `${event.source?.component ?? event.reportingComponent}|${objectKey(event)}`;
    const bucket = this.tokens.get(key) ?? { left: BURST, at: now };
    bucket.left = Math.min(BURST, bucket.left + (now - bucket.at) / REFILL);
    bucket.at = now;
    this.tokens.set(key, bucket);
    if (bucket.left < 1) return false;
    bucket.left -= 1;
    return true;
  }
}

const objectKey = ({ involvedObject: about }: NewEvent): string =>
  `${about.kind}|${about.namespace}|${about.name}|${about.uid}|${about.apiVersion}|${about.fieldPath ?? ''}`;
const groupKey = (event: NewEvent): string =>
  `${event.source?.component ?? event.reportingComponent}|${objectKey(event)}|${event.type}|${event.reason}|${event.action ?? ''}`;
const exactKey = (event: NewEvent): string => `${groupKey(event)}|${event.message}`;

/** The most recently used entries. */
class Memory<T> {
  private readonly entries = new Map<string, T>();
  get(key: string): T | undefined {
    return this.entries.get(key);
  }
  set(key: string, value: T): void {
    this.entries.delete(key);
    this.entries.set(key, value);
    if (this.entries.size <= MEMORY) return;
    for (const oldest of this.entries.keys()) {
      this.entries.delete(oldest);
      return;
    }
  }
}
