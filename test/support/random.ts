/** Numbers that look random and are the same for the same seed (mulberry32). */
export class Random {
  constructor(private state: number) {}

  /** 0 … 1, without 1 */
  next(): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }
  /** 0 … `below` - 1 */
  below(below: number): number {
    return Math.floor(this.next() * below);
  }
  chance(of: number): boolean {
    return this.next() < of;
  }
  pick<T>(from: readonly T[]): T {
    return from[this.below(from.length)]!;
  }
  /** a value, or nothing: fields that are not there are left out, as JSON has them */
  maybe<T>(of: number, make: () => T): T | undefined {
    return this.chance(of) ? make() : undefined;
  }
  list<T>(least: number, most: number, make: (i: number) => T): T[] {
    return Array.from({ length: least + this.below(most - least + 1) }, (_, i) => make(i));
  }
  /** each of them or not */
  some<T>(from: readonly T[], of = 0.5): T[] {
    return from.filter(() => this.chance(of));
  }
}
