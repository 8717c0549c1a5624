import { AskedAgain, mayPass } from './errors.ts';

/** Before it is asked again, ms: at first, and then twice as long each time up to this. */
const FIRST_MS = 500;
const LONGEST_MS = 5_000;

/** So much of a wait, that not all who were cut off at once come back at once. */
const spread = (ms: number): number => ms * (0.5 + Math.random() / 2);

interface Tell<T> {
  answer(answer: T): void;
  /** AskedAgain where it is */
  error(error: unknown): void;
}

/**
 * Asks, and asks again where the server did not answer, until it does or says no.
 * @param tell hears of the answer, and of each failure
 * @returns what ends it
 */
export function untilAnswered<T>(ask: () => Promise<T>, tell: Tell<T>): () => void {
  let isOver = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const attempt = (wait: number): void => {
    ask().then(
      (answer) => {
        if (!isOver) tell.answer(answer);
      },
      (error: unknown) => {
        if (isOver) return;
        if (!mayPass(error)) return tell.error(error);
        timer = setTimeout(() => attempt(Math.min(LONGEST_MS, 2 * wait)), spread(wait));
        tell.error(new AskedAgain(error));
      },
    );
  };
  attempt(FIRST_MS);
  return () => {
    isOver = true;
    clearTimeout(timer);
  };
}

/** The same each time that `load` is called; while it asks, once more when that is done. */
export function oneAtATime<T>(ask: () => Promise<T>, tell: Tell<T>): { load(): void; stop(): void } {
  let end: (() => void) | undefined;
  let isWanted = false;
  const done = (): void => {
    end = undefined;
    if (isWanted) load();
  };
  const load = (): void => {
    isWanted = end !== undefined;
    end ??= untilAnswered(ask, {
      answer(answer) {
        tell.answer(answer);
        done();
      },
      error(error) {
        tell.error(error);
        if (!(error instanceof AskedAgain)) done();
      },
    });
  };
  return {
    load,
    stop() {
      end?.();
      end = undefined;
    },
  };
}
