import type { Pod } from '../../../../schema/types.ts';

/** Addresses in 10.0.0.0/9, in turn: far more than there can be pods at once. */
export class PodAddresses {
  private readonly given = new Map<string, number>();
  private last = 0;

  /** A pod that a process before this one has given an address keeps it; new ones come after it. */
  adopt({ metadata: { uid }, spec, status }: Pod): void {
    if (!status?.podIP || spec?.hostNetwork || this.given.has(uid)) return;
    const [, a = 0, b = 0, c = 0] = status.podIP.split('.').map(Number);
    const n = (a << 16) | (b << 8) | c;
    this.given.set(uid, n);
    this.last = Math.max(this.last, n);
  }

  of(uid: string): string {
    let n = this.given.get(uid);
    if (n === undefined) {
      n = this.last = (this.last + 1) % 0x7fffff;
      this.given.set(uid, n);
    }
    return `10.${(n >> 16) & 0x7f}.${(n >> 8) & 0xff}.${n & 0xff}`;
  }

  release(uid: string): void {
    this.given.delete(uid);
  }
}
