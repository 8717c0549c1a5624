import type { Clock } from '../clock.ts';
import type { Target } from './target.ts';

/** Clients whose choice is remembered per service port. */
const MAX_CLIENTS = 10_000;

/** Chooses endpoints in turn from a random start; with affinity, a client keeps its endpoint for a while after each use. */
export class Balancer {
  private turn: number;
  private readonly chosen = new Map<string, { target: string; until: number }>();

  constructor(
    random: () => number,
    private readonly clock: Pick<Clock, 'now'>,
  ) {
    this.turn = Math.floor(random() * 1024);
  }

  /** The targets in the order in which they should be tried. @param affinityMs 0: none */
  order(targets: readonly Target[], client: string, affinityMs: number): Target[] {
    if (!targets.length) return [];
    const start = this.turn++ % targets.length;
    const order = [...targets.slice(start), ...targets.slice(0, start)];
    if (!affinityMs) return order;
    const kept = this.chosen.get(client);
    if (!kept || kept.until < this.clock.now()) return order;
    const at = order.findIndex((each) => nameOf(each) === kept.target);
    return at <= 0 ? order : [order[at]!, ...order.slice(0, at), ...order.slice(at + 1)];
  }

  /** The connection was made. */
  used(target: Target, client: string, affinityMs: number): void {
    if (!affinityMs) return;
    this.chosen.delete(client);
    this.chosen.set(client, { target: nameOf(target), until: this.clock.now() + affinityMs });
    if (this.chosen.size > MAX_CLIENTS) this.chosen.delete(this.chosen.keys().next().value!);
  }
}

const nameOf = ({ address, port }: Target): string => `${address}:${port}`;
