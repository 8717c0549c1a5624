import { useSyncExternalStore } from 'react';
import { ageOf } from './age-of.ts';

/** One clock for all ages of the page; it ticks once a second while any is shown. */
const listeners = new Set<() => void>();
let now = Date.now();
let timer: ReturnType<typeof setInterval> | undefined;

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= setInterval(() => {
    now = Date.now();
    for (const each of listeners) each();
  }, 1000);
  return () => {
    listeners.delete(listener);
    if (listeners.size) return;
    clearInterval(timer);
    timer = undefined;
  };
}

/** Time since a moment, which goes on. */
export function Age({ since }: { since: string | null | undefined }) {
  // a text that stays the same is no new rendering
  const text = useSyncExternalStore(subscribe, () =>
    Number.isNaN(Date.parse(since ?? '')) ? '' : ageOf(now - Date.parse(since ?? '')),
  );
  // a custom kind may have any text where a time is looked for
  if (!since || !text) return null;
  return (
    <time dateTime={since} title={new Date(since).toLocaleString()}>
      {text}
    </time>
  );
}
