/** How much a clock that only work moves on went on in each turn of the event loop in which it did, until the work is over. */
export async function turnsOf(clock: () => number, work: () => Promise<unknown>): Promise<number[]> {
  const turns: number[] = [];
  let over = false;
  let last = clock();
  const watched = new Promise<void>((resolve) => {
    const look = (): void => {
      const now = clock();
      if (now > last) turns.push(now - last);
      last = now;
      if (over) resolve();
      else setImmediate(look);
    };
    setImmediate(look);
  });
  await work();
  over = true;
  await watched;
  return turns;
}
