import type { JsonText } from '../json-text.ts';
import type { Payload } from './subscriber.ts';

export type TextOf = (event: object) => Payload | Promise<Payload>;

/** Texts that are kept for those who read at another pace, and their bytes: beyond both the oldest are made again. */
const MAX_TEXTS = 64;
const MAX_BYTES = 16 * 1024 * 1024;

/** What events are as payloads: each made when the first reader comes to it, and kept for the others. */
export class EventTexts {
  private readonly known = new Map<object, Payload | Promise<Payload>>();
  private readonly sizes = new Map<object, number>();
  private bytes = 0;

  /** @param refused an error as a payload */
  constructor(
    private readonly textOf: TextOf,
    private readonly refused: (error: unknown) => JsonText,
  ) {}

  /** @param keep others may ask for it */
  of(event: object, keep: boolean): Payload | Promise<Payload> {
    const known = this.known.get(event);
    if (known !== undefined || this.known.has(event)) return known;
    const made = this.made(event);
    if (keep) this.keep(event, made);
    return made;
  }

  private keep(event: object, made: Payload | Promise<Payload>): void {
    this.known.set(event, made);
    if (made instanceof Promise) void made.then((text) => this.weigh(event, text)).catch(() => undefined);
    else this.weigh(event, made);
  }

  private weigh(event: object, text: Payload): void {
    if (!this.known.has(event)) return;
    const size = text?.length ?? 0;
    this.sizes.set(event, size);
    this.bytes += size;
    for (const oldest of this.known.keys()) {
      if (this.known.size <= MAX_TEXTS && (this.bytes <= MAX_BYTES || oldest === event)) break;
      this.bytes -= this.sizes.get(oldest) ?? 0;
      this.sizes.delete(oldest);
      this.known.delete(oldest);
    }
  }

  private made(event: object): Payload | Promise<Payload> {
    try {
      return this.textOf(event);
    } catch (error) {
      return this.refused(error);
    }
  }
}
