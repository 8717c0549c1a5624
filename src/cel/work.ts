/**
 * What an evaluation does beside what cost counts: copies, comparisons deep inside, characters that are counted. Cost takes
 * some of it for nothing, since it is cheap where values share their parts. Here it is bounded, in steps of some 30 ns, so
 * that no expression whose cost is small holds the process.
 */
const MAX_WORK = 1_000_000;

let done = 0;

/** Of an evaluation that did more than it may. */
export class OutOfWork extends Error {}

/** An evaluation begins, and has done nothing yet. Gives what the one around it has done, for `resumeWork`. */
export function startWork(): number {
  const outer = done;
  done = 0;
  return outer;
}
export function resumeWork(outer: number): void {
  done = outer;
}
export function work(steps: number): void {
  done += steps;
  if (done > MAX_WORK) throw new OutOfWork();
}
