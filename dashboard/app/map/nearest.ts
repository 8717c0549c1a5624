import type { Point } from './layout.ts';

/** How far off what stands sidewards is, against what stands ahead. */
const SIDEWARDS = 3;

const DIRECTIONS: Readonly<Record<string, readonly [x: number, y: number]>> = {
  ArrowRight: [1, 0],
  ArrowLeft: [-1, 0],
  ArrowDown: [0, 1],
  ArrowUp: [0, -1],
};

/** The place that an arrow key leads to from one of them; undefined where there is none, or no arrow. */
export function nearest(places: ReadonlyMap<string, Point>, from: string, key: string): string | undefined {
  const [dx, dy] = DIRECTIONS[key] ?? [0, 0];
  const here = places.get(from);
  if (!here || (dx === 0 && dy === 0)) return undefined;
  let best: string | undefined;
  let least = Infinity;
  for (const [name, { x, y }] of places) {
    const ahead = (x - here.x) * dx + (y - here.y) * dy;
    const aside = Math.abs((x - here.x) * dy) + Math.abs((y - here.y) * dx);
    const distance = ahead + SIDEWARDS * aside;
    if (ahead > 0 && distance < least) [best, least] = [name, distance];
  }
  return best;
}
