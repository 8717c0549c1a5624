import { setTimeout as delay } from 'node:timers/promises';
import { StoreUnavailable, type Scope, type WatchHandlers } from './contract.ts';
import type { Past } from './past.ts';
import type { State } from './state.ts';
import type { Watcher } from './watchers.ts';

/** Events read from the log at a time. */
const PAGE = 500;
const RETRY_MS = 200;

/**
 * A watch begins with what the ring has after `from`, or, when that is older, with what the log has, page by page until
 * the ring reaches. From then on it hears of batches as they are applied. Nothing is delivered before this returns.
 */
export function startWatch(state: State, past: Past, scope: Scope, from: number, handlers: WatchHandlers): () => void {
  const watcher: Watcher = { scope, handlers, from, backlog: undefined, ended: false };
  if (from >= state.ringSince) goLive(state, watcher);
  else void replay(state, past, watcher);
  return () => state.watchers.remove(watcher);
}

/** In one turn: what the ring has, and the place among those who hear of more. */
function goLive(state: State, watcher: Watcher): void {
  const backlog = state.eventsAfter(watcher.scope, watcher.from);
  watcher.from = Math.max(watcher.from, state.revision);
  state.watchers.add(watcher);
  const { from } = watcher;
  if (backlog.length) watcher.backlog = backlog;
  setImmediate(() => {
    if (!watcher.ended) state.watchers.caughtUp(watcher, from);
  });
}

async function replay(state: State, past: Past, watcher: Watcher): Promise<void> {
  // known from the start, so that closing the store ends it
  const waiting: Watcher = {
    ...watcher,
    handlers: { onEvents: () => undefined, onEnd: (reason) => state.watchers.end(watcher, reason) },
  };
  waiting.from = Number.MAX_SAFE_INTEGER;
  state.watchers.add(waiting);
  while (!watcher.ended && watcher.from < state.ringSince) {
    try {
      const { events, next } = await past.replay(watcher.scope, watcher.from, state.revision, PAGE);
      if (watcher.ended) break;
      watcher.from = next;
      watcher.backlog = events;
      state.watchers.flush(watcher);
    } catch (error) {
      // a watch outlives an outage; nothing is lost as long as the log has it
      if (error instanceof StoreUnavailable) await delay(RETRY_MS);
      else state.watchers.end(watcher, 'expired');
    }
  }
  state.watchers.remove(waiting);
  if (!watcher.ended) goLive(state, watcher);
}
