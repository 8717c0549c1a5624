/** Work that yields between its steps, so that whoever runs it may let others have their turn. */
export type Steps<T> = Generator<void, T, void>;

/** All steps without a pause. */
export function atOnce<T>(steps: Steps<T>): T {
  let next = steps.next();
  while (!next.done) next = steps.next();
  return next.value;
}
