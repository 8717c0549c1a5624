import type { Bench } from './row.ts';

/** ms that the server's loop was late at most while `act` ran, as the server itself measures it (perf_hooks). */
export async function latest(bench: Bench, act: () => Promise<unknown>): Promise<number> {
  const read = async () =>
    Number(/^ku7s_event_loop_delay_max_seconds (\S+)$/m.exec(await bench.text('/metrics', { accept: '*/*' }))?.[1]);
  await read();
  await act();
  return (await read()) * 1000;
}
