/** Events that came together, and how many readers have not read through them. */
interface Batch {
  readonly events: readonly object[];
  bytes: number;
  unread: number;
}

/** Where a reader stands: number of the batch, and of the event in it, and the bytes before the batch. */
export interface Place {
  batch: number;
  at: number;
  bytes: number;
}

/** Batches of events, as long as a reader is to come to them. */
export class Batches {
  private readonly kept: Batch[] = [];
  /** number of the oldest that is kept */
  private first = 0;
  /** bytes of all that were pushed, and of those that are kept no more */
  private pushedBytes = 0;
  private forgottenBytes = 0;

  /** number of the one that comes next */
  get newest(): number {
    return this.first + this.kept.length;
  }
  get start(): Place {
    return { batch: this.first, at: 0, bytes: this.forgottenBytes };
  }
  get end(): Place {
    return { batch: this.newest, at: 0, bytes: this.pushedBytes };
  }

  push(events: readonly object[], bytes: number, readers: number): void {
    this.pushedBytes += bytes;
    this.kept.push({ events, bytes, unread: readers });
  }

  /** Bytes that a reader has before it. */
  ahead({ bytes }: Place): number {
    return this.pushedBytes - bytes;
  }

  /** The event at a place, which goes on by one; undefined at the end. */
  take(place: Place): { event: object; isLast: boolean } | undefined {
    const batch = this.kept[place.batch - this.first];
    const event = batch?.events[place.at];
    if (!batch || !event) return undefined;
    place.at++;
    const isLast = place.at === batch.events.length;
    if (isLast) {
      place.batch++;
      place.at = 0;
      place.bytes += batch.bytes;
      batch.unread--;
    }
    return { event, isLast };
  }

  /** One more comes to them all, or one comes to none of what is before it. */
  joined(): void {
    for (const batch of this.kept) batch.unread++;
  }
  left({ batch }: Place): void {
    for (let i = batch - this.first; i < this.kept.length; i++) this.kept[i]!.unread--;
  }

  /** An event turns out to be heavier than was said; those who have read it have read that too. */
  weigh(event: object, bytes: number, readers: Iterable<Place>): void {
    const index = this.kept.findIndex(({ events }) => events.includes(event));
    const batch = this.kept[index];
    if (!batch) return;
    batch.bytes += bytes;
    this.pushedBytes += bytes;
    for (const place of readers) if (place.batch > this.first + index) place.bytes += bytes;
  }

  /** Lets go of what all have read. */
  forget(): void {
    while (this.kept[0]?.unread === 0) {
      this.forgottenBytes += this.kept.shift()?.bytes ?? 0;
      this.first++;
    }
  }
}
