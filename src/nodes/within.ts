import type { Clock } from '../rules/clock.ts';

/** Waits for some work, which goes on, for so long at most, ms. @throws what it throws until then */
export async function within(work: Promise<unknown>, ms: number, clock: Clock): Promise<void> {
  let timer: unknown;
  const late = new Promise<void>((resolve) => (timer = clock.setTimeout(resolve, ms)));
  // what it throws later is for who has begun it
  work.catch(() => undefined);
  try {
    await Promise.race([work, late]);
  } finally {
    clock.clearTimeout(timer);
  }
}
