import { WritesJson, type JsonWriter } from '../json-text.ts';
import type { ObjectEvent } from './object-event.ts';

/** Bytes of one batch, about: a reader parses it in one go, and what waits behind it waits for that. */
const BATCH_BYTES = 256 * 1024;

/** Events that go as one JSON scalar: nothing is executed for any of them, and their objects are the store's bytes. */
export class EventBatch extends WritesJson {
  private constructor(private readonly events: readonly ObjectEvent[]) {
    super();
  }
  /** Batches of about the same size. */
  static of(this: void, events: readonly ObjectEvent[]): EventBatch[] {
    const batches: EventBatch[] = [];
    let [start, bytes] = [0, 0];
    for (const [i, { json }] of events.entries()) {
      bytes += json?.size ?? 0;
      if (bytes < BATCH_BYTES) continue;
      batches.push(new EventBatch(events.slice(start, i + 1)));
      [start, bytes] = [i + 1, 0];
    }
    if (start < events.length) batches.push(new EventBatch(events.slice(start)));
    return batches;
  }
  write(out: JsonWriter): void {
    for (const [i, event] of this.events.entries()) {
      out.text += i ? ',' : '[';
      event.write(out);
    }
    out.text += ']';
  }
  toJSON(): unknown {
    return this.events.map((event) => event.toJSON());
  }
}
