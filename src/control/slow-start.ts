/**
 * Runs `work` for 0 … count-1 in batches of 1, 2, 4 …, and stops after a batch with an error: what the first one is
 * refused for, the other thousand would be refused for too (quota, admission).
 * @returns how many succeeded, and the first error
 */
export async function slowStart(
  count: number,
  work: (index: number) => Promise<void>,
): Promise<{ done: number; error?: unknown }> {
  let done = 0;
  for (let batch = 1, from = 0; from < count; batch *= 2) {
    const size = Math.min(batch, count - from);
    const results = await Promise.allSettled(Array.from({ length: size }, (_, i) => work(from + i)));
    const failed = results.find((result) => result.status === 'rejected');
    done += results.filter((result) => result.status === 'fulfilled').length;
    if (failed) return { done, error: failed.reason };
    from += size;
  }
  return { done };
}
