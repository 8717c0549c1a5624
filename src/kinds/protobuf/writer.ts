/** More than this is not kept for the next message. */
const KEEP = 1 << 20;
let spare: Buffer | undefined = Buffer.allocUnsafe(1 << 16);

/** Writes protobuf from the end to the start: a length is known when its turn comes. */
export class Writer {
  private bytes: Buffer;
  /** where the next byte ends */
  private at: number;

  constructor() {
    this.bytes = spare ?? Buffer.allocUnsafe(1 << 12);
    spare = undefined;
    this.at = this.bytes.length;
  }

  /** Bytes written so far. */
  get size(): number {
    return this.bytes.length - this.at;
  }

  private need(count: number): void {
    if (this.at >= count) return;
    const size = this.size;
    const grown = Buffer.allocUnsafe(Math.max(this.bytes.length * 2, size + count));
    this.bytes.copy(grown, grown.length - size, this.at);
    this.at = grown.length - size;
    this.bytes = grown;
  }

  /** Any integer of 64 bits; negative ones take ten bytes. */
  varint(value: number | bigint): void {
    this.need(10);
    const { bytes } = this;
    if (value >= 0 && value < 0x80) {
      bytes[--this.at] = Number(value);
      return;
    }
    if (typeof value === 'bigint' || value < 0 || value > 0x7fffffff) {
      this.big(BigInt.asUintN(64, typeof value === 'bigint' ? value : BigInt(Math.trunc(value))));
      return;
    }
    const size = value < 0x4000 ? 2 : value < 0x200000 ? 3 : value < 0x10000000 ? 4 : 5;
    let at = (this.at -= size);
    let rest = value;
    for (let i = 1; i < size; i++) {
      bytes[at++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    bytes[at] = rest;
  }

  private big(value: bigint): void {
    const low: number[] = [];
    let rest = value;
    do {
      low.push(Number(rest & 0x7fn));
      rest >>= 7n;
    } while (rest);
    for (let i = low.length - 1; i >= 0; i--) this.bytes[--this.at] = low[i]! | (i < low.length - 1 ? 0x80 : 0);
  }

  double(value: number): void {
    this.need(8);
    this.at -= 8;
    this.bytes.writeDoubleLE(value, this.at);
  }

  /** The characters and, before them, their length. */
  string(value: string): void {
    const { length } = value;
    this.need(length * 3 + 10);
    const end = this.at;
    let at = end - length;
    if (length < 48) {
      const { bytes } = this;
      let i = 0;
      for (; i < length; i++) {
        const code = value.charCodeAt(i);
        if (code > 0x7f) break;
        bytes[at + i] = code;
      }
      if (i === length) {
        this.at = at;
        this.varint(length);
        return;
      }
    }
    const size = Buffer.byteLength(value);
    at = end - size;
    this.bytes.write(value, at, size, 'utf8');
    this.at = at;
    this.varint(size);
  }

  /** The bytes and, before them, their length. */
  block(value: Uint8Array): void {
    this.raw(value);
    this.varint(value.length);
  }

  raw(value: Uint8Array): void {
    this.need(value.length + 10);
    this.at -= value.length;
    this.bytes.set(value, this.at);
  }

  /** What was written, in a buffer of its own. The writer is done with. */
  finish(): Buffer {
    const out = Buffer.from(this.bytes.subarray(this.at));
    if (this.bytes.length <= KEEP) spare = this.bytes;
    return out;
  }
}
