import type { Place } from '../kinds/facet.ts';
import { messageOf } from './errors.ts';

/** How far it is with several objects: how many are done, and what did not work, a line each. */
export interface Progress {
  done: number;
  failed: readonly string[];
}

/**
 * Does something with objects one after the other; what fails with one does not keep it from the others.
 * @param tell hears of each step, and at the beginning
 */
export async function oneByOne<P extends Place>(
  places: readonly P[],
  act: (place: P) => Promise<unknown>,
  tell: (progress: Progress) => void,
  signal?: AbortSignal,
): Promise<Progress> {
  let progress: Progress = { done: 0, failed: [] };
  tell(progress);
  for (const place of places) {
    if (signal?.aborted) break;
    const problem = await act(place).then(
      () => [],
      (error: unknown) => [`${place.name}: ${messageOf(error)}`],
    );
    progress = { done: progress.done + 1, failed: [...progress.failed, ...problem] };
    tell(progress);
  }
  return progress;
}
