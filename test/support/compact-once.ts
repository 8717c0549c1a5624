import { Compactor } from '../../src/store/compactor.ts';
import { Connection } from '../../src/store/connection.ts';
import { Follower } from '../../src/store/follower.ts';
import { Items } from '../../src/store/items.ts';
import { Retained } from '../../src/store/retained.ts';
import { DEFAULT_RETENTION, type Retention } from '../../src/store/retention.ts';
import { State } from '../../src/store/state.ts';

const log = (): void => undefined;

/** One round of forgetting, as another process would do it at the time `now`. Returns how far watches reach back then. */
export async function compactOnce(url: string, retention: Partial<Retention>, now: number): Promise<number> {
  const state = new State({ events: 10, bytes: 1_000 }, log);
  const connection = new Connection({ url, name: 'test', statementMs: 10_000, log });
  try {
    const follower = new Follower(state, new Items(new Retained(), undefined), connection, log);
    await follower.load();
    const whole = { ...DEFAULT_RETENTION, ...retention };
    await new Compactor({ connection, follower, state, retention: whole, now: () => now, log }).round();
    return follower.compacted;
  } finally {
    await connection.close();
  }
}
