/** Frames of one direction of a connection, as far as it takes to know where one ends. */
export interface Frames {
  /** Between two messages: another's may be put here. */
  readonly between: boolean;
  /** Follows `chunk`; with `stop` no further than to the end of a message. Returns how many of its bytes that were. */
  follow(chunk: Buffer, stop?: boolean): number;
}

/** What a frame's head says of it. Undefined: that is not all of the head. */
type ReadHead = (head: Buffer) => { bytes: number; isLast: boolean } | undefined;

/** Heads are read byte by byte, payloads are skipped. */
class FollowedFrames implements Frames {
  private head: Buffer = Buffer.alloc(0);
  private payload = 0;
  private isLast = true;

  /** @param longest of all heads, in bytes */
  constructor(
    private readonly read: ReadHead,
    private readonly longest: number,
  ) {}

  get between(): boolean {
    return this.payload === 0 && this.head.length === 0 && this.isLast;
  }

  follow(chunk: Buffer, stop = false): number {
    let at = 0;
    while (at < chunk.length && !(stop && this.between)) {
      const skipped = Math.min(this.payload, chunk.length - at);
      this.payload -= skipped;
      at += skipped;
      if (skipped === 0) at += this.followHead(chunk.subarray(at, at + this.longest));
    }
    return at;
  }

  /** Returns how many of the bytes belong to the head. */
  private followHead(bytes: Buffer): number {
    const known = this.head.length;
    const all = Buffer.concat([this.head, bytes]);
    for (let length = known + 1; length <= all.length; length++) {
      const head = this.read(all.subarray(0, length));
      if (!head) continue;
      this.head = Buffer.alloc(0);
      this.payload = head.bytes;
      this.isLast = head.isLast;
      return length - known;
    }
    this.head = all;
    return bytes.length;
  }
}

/** RFC 6455, 5.2. A control frame may stand between the parts of a message, and ends none. */
export function webSocketFrames(): Frames {
  let open = false;
  return new FollowedFrames((head) => {
    const [first = 0, second = 0] = head;
    const short = second & 0x7f;
    const masked = second & 0x80 ? 4 : 0;
    const long = short === 126 ? 2 : short === 127 ? 8 : 0;
    if (head.length < 2 + long + masked) return undefined;
    const bytes = long === 2 ? head.readUInt16BE(2) : long === 8 ? Number(head.readBigUInt64BE(2)) : short;
    const isControl = (first & 0x08) !== 0;
    if (!isControl) open = (first & 0x80) === 0;
    return { bytes, isLast: !open };
  }, 14);
}

/** SPDY/3.1: control and data frames have heads of eight bytes, the last three of which are the length. */
export const spdyFrames = (): Frames =>
  new FollowedFrames((head) => (head.length < 8 ? undefined : { bytes: head.readUIntBE(5, 3), isLast: true }), 8);
