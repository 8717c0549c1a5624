import type { Pod } from '../../../../schema/types.ts';
import { byNamespace, fairShare } from '../../fair-share.ts';

/**
 * Whose turn it is to be looked at, where more pods wait than can be: those that were not looked at for the longest time,
 * of each namespace as many as of the others. So pods that fit nowhere, however many, keep nobody else's from a node.
 */
export class PodTurns {
  /** by uid, in which look the pod had its turn last: of pods that wait still */
  private turns = new Map<string, number>();
  private look = 0;

  /** @param most pods of one look */
  constructor(private readonly most: number) {}

  next(waiting: readonly Pod[]): Pod[] {
    const lists = [...byNamespace(waiting)];
    const share = fairShare(
      lists.map(({ length }) => length),
      this.most,
    );
    const last = ({ metadata }: Pod): number => this.turns.get(metadata.uid) ?? 0;
    const taken = lists.flatMap((pods) => pods.toSorted((a, b) => last(a) - last(b)).slice(0, share));
    this.look++;
    const before = this.turns;
    this.turns = new Map();
    for (const { metadata } of waiting) {
      const turn = before.get(metadata.uid);
      if (turn !== undefined) this.turns.set(metadata.uid, turn);
    }
    for (const { metadata } of taken) this.turns.set(metadata.uid, this.look);
    return taken;
  }
}
