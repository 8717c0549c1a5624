import type { Backend } from './route.ts';

/** Endpoints that are tried for one request. */
const MAX_ATTEMPTS = 3;

/** Whose turn it is. */
export class Balancer {
  private turn: number;

  constructor(private readonly random: () => number) {
    this.turn = Math.floor(random() * 1024);
  }

  /** One of them, by weight; undefined where none has any. */
  choose<B extends Pick<Backend, 'weight'>>(backends: readonly B[]): B | undefined {
    if (backends.length === 1) return backends[0]!.weight > 0 ? backends[0] : undefined;
    let left = this.random() * backends.reduce((sum, { weight }) => sum + weight, 0);
    return backends.find(({ weight }) => weight > 0 && (left -= weight) < 0);
  }

  /** In turn, as many as are tried. */
  order<T>(targets: readonly T[]): T[] {
    const start = this.turn++;
    const count = Math.min(MAX_ATTEMPTS, targets.length);
    return Array.from({ length: count }, (_, i) => targets[(start + i) % targets.length]!);
  }
}
