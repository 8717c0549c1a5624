import type { StreamResult, StreamSpec } from './messages.ts';
import { percentile } from './percentile.ts';

/** Every so many streams measures latencies; the others only count, so that the generator is not what is measured. */
const SAMPLE = 10;
const MARK = '"t":"';

/** Counts what arrives on all streams, and tells when everything has, or when it is over. */
export class Arrivals {
  private readonly counts: Uint32Array;
  private readonly rests: string[] = [];
  private readonly ended: boolean[] = [];
  private readonly latencies: number[] = [];
  private complete = 0;
  private began = 0;
  private last = 0;
  private over = () => {};

  constructor(private readonly spec: StreamSpec) {
    this.counts = new Uint32Array(spec.streams);
  }

  /** `events` more arrived on a stream; `text` is what they came in, whole or not. */
  add(stream: number, events: number, text: () => string): void {
    const before = this.counts[stream]!;
    this.counts[stream] = before + events;
    if (events > 0) this.last = performance.now();
    if (stream % SAMPLE === 0) this.sample(stream, text());
    if (before < this.spec.expected && before + events >= this.spec.expected) {
      this.complete += 1;
      this.check();
    }
  }

  end(stream: number): void {
    if (this.ended[stream]) return;
    this.ended[stream] = true;
    this.check();
  }

  private check(): void {
    const cut = this.ended.reduce(
      (n, ended, stream) => n + Number(ended && this.counts[stream]! < this.spec.expected),
      0,
    );
    if (this.complete + cut >= this.spec.streams) this.over();
  }

  /** Creators write the time into the object as `"t":"1700000000000"`. */
  private sample(stream: number, text: string): void {
    const now = Date.now();
    const all = (this.rests[stream] ?? '') + text;
    let at = all.indexOf(MARK);
    let end = 0;
    for (; at >= 0 && at + MARK.length + 13 <= all.length; at = all.indexOf(MARK, end)) {
      end = at + MARK.length + 13;
      this.latencies.push(now - Number(all.slice(at + MARK.length, end)));
    }
    this.rests[stream] = all.slice(Math.max(end, at >= 0 ? at : all.length - MARK.length));
  }

  async wait(): Promise<StreamResult> {
    this.began = performance.now();
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      this.over = resolve;
      timer = setTimeout(resolve, Math.min(this.spec.timeout, 120_000));
      this.check();
    });
    clearTimeout(timer);
    const short = [...this.counts.keys()].filter((stream) => this.counts[stream]! < this.spec.expected);
    const cut = short.filter((stream) => this.ended[stream]).length;
    return {
      deliveries: this.counts.reduce((sum, count) => sum + count, 0),
      cut,
      late: short.length - cut,
      seconds: Math.max(0.001, (this.last - this.began) / 1000),
      p50: percentile(this.latencies, 0.5),
      p99: percentile(this.latencies, 0.99),
    };
  }
}
