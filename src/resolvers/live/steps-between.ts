import type { Stored } from '../../store/contract.ts';
import type { Step } from './live-event.ts';

/** Items that are moved, each of which is looked for in the list. */
const MAX_MOVES = 200;

/**
 * The steps that make the items of `now` of those of `then`: who goes, last to first, then who comes and who moves, first
 * to last. Undefined where the result itself is the shorter answer.
 * @param related who stays may be another by its relations, and is one of the steps
 */
export function stepsBetween(then: readonly Stored[], now: readonly Stored[], related = false): Step[] | undefined {
  const before = new Map(then.map((stored) => [stored.uid, stored]));
  const staying = new Set(now.map(({ uid }) => uid));
  const steps: Step[] = [];
  for (let from = then.length - 1; from >= 0; from--) {
    const stored = then[from];
    if (stored && !staying.has(stored.uid)) steps.push({ type: 'LEAVE', from, to: null, stored });
  }
  const left = then.filter(({ uid }) => staying.has(uid)).map(({ uid }) => uid);
  let moves = 0;
  for (const [to, stored] of now.entries()) {
    const known = before.get(stored.uid);
    if (!known) {
      steps.push({ type: 'ENTER', from: null, to, stored });
      left.splice(to, 0, stored.uid);
    } else if (left[to] !== stored.uid) {
      if (++moves > MAX_MOVES) return undefined;
      const from = left.indexOf(stored.uid, to);
      left.splice(from, 1);
      left.splice(to, 0, stored.uid);
      steps.push({ type: 'MOVE', from, to, stored });
    } else if (related || known.revision !== stored.revision)
      steps.push({ type: 'UPDATE', from: to, to, stored, before: known });
  }
  return steps;
}
