import { badRequest } from '../../meta/status.ts';
import { checkValues, MAX_VALUES } from '../body-bounds.ts';

/** Messages may be nested as deep; Go's limit is 10,000, our stack's is lower, and no kind needs more. */
const MAX_DEPTH = 500;

/** Strings and messages of one body: an entry of a map is three of them, and in JSON two values. */
const MAX_BLOCKS = 1.5 * MAX_VALUES;

export const truncated = (): Error => badRequest('unexpected EOF');

/** Reads protobuf. Everything it throws is a 400 or 413: the bytes are a client's. */
export class Reader {
  at = 0;
  private depth = 0;
  private blocks = 0;
  constructor(
    readonly bytes: Buffer,
    /** where the message ends that is being read */
    public end = bytes.length,
  ) {}

  /** An unsigned varint below 2^53; larger ones lose their low bits, as they would in JSON. */
  varint(): number {
    const { bytes, end } = this;
    let shift = 0;
    let low = 0;
    for (let i = 0; i < 10; i++) {
      if (this.at >= end) throw truncated();
      const byte = bytes[this.at++]!;
      if (byte < 0x80 && i < 4) return (low | (byte << shift)) >>> 0;
      if (i >= 4) return this.long(low >>> 0, byte);
      low |= (byte & 0x7f) << shift;
      shift += 7;
    }
    throw badRequest('proto: integer overflow');
  }

  /** The rest of a varint of more than four bytes, as a signed 64-bit integer. */
  private long(low: number, fifth: number): number {
    let value = BigInt(low) | (BigInt(fifth & 0x7f) << 28n);
    let byte = fifth;
    let shift = 35n;
    while (byte >= 0x80) {
      if (shift > 63n) throw badRequest('proto: integer overflow');
      if (this.at >= this.end) throw truncated();
      byte = this.bytes[this.at++]!;
      value |= BigInt(byte & 0x7f) << shift;
      shift += 7n;
    }
    return Number(BigInt.asIntN(64, value));
  }

  /** End of the block whose length comes next; the length is checked against what there is. Throws 413 for too many. */
  block(): number {
    if (++this.blocks > MAX_BLOCKS) checkValues({ values: this.blocks });
    const length = this.varint();
    const end = this.at + length;
    if (length < 0) throw badRequest('proto: negative length found during unmarshaling');
    if (!(end <= this.end)) throw truncated();
    return end;
  }

  string(): string {
    const end = this.block();
    const start = this.at;
    this.at = end;
    if (end - start < 24) {
      let out = '';
      for (let i = start; i < end; i++) {
        const code = this.bytes[i]!;
        if (code > 0x7f) return this.bytes.toString('utf8', start, end);
        out += String.fromCharCode(code);
      }
      return out;
    }
    return this.bytes.toString('utf8', start, end);
  }

  data(): Buffer {
    const end = this.block();
    const out = this.bytes.subarray(this.at, end);
    this.at = end;
    return out;
  }

  double(): number {
    if (this.at + 8 > this.end) throw truncated();
    this.at += 8;
    return this.bytes.readDoubleLE(this.at - 8);
  }

  /** Reads a nested message: inside `read`, the end of it is the end. */
  nested<T>(read: (reader: this) => T): T {
    const end = this.block();
    const outer = this.end;
    if (++this.depth > MAX_DEPTH) throw badRequest('proto: exceeded maximum recursion depth');
    this.end = end;
    const value = read(this);
    this.at = end;
    this.end = outer;
    this.depth--;
    return value;
  }

  /** Passes over a field that is not known. */
  skip(wireType: number): void {
    if (wireType === 0) this.varint();
    else if (wireType === 2) this.at = this.block();
    else if (wireType === 1 || wireType === 5) {
      this.at += wireType === 1 ? 8 : 4;
      if (this.at > this.end) throw truncated();
    } else throw badRequest(`proto: illegal wireType ${wireType}`);
  }
}
