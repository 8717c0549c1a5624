import type { Kind, StrategyContext } from '../../kinds/kind.ts';
import type { KubeObject } from '../../meta/object.ts';
import { internalError, StatusError, type Status } from '../../meta/status.ts';
import type { Pace } from '../write/pace.ts';
import type { Case, Verdict } from './judge.ts';
import { sendPieces, weigh, type Piece } from './pieces.ts';

/** Values from which on an object is judged beside the event loop, where the kind has no number of its own: some milliseconds of validation. */
const HEAVY = 4000;
/** ms after which a thread that has nothing to do ends: it holds some 60 MB. */
const IDLE_MS = 30_000;
/** ms that one object may take; what takes longer is refused, and the thread with it. */
const MAX_MS = 30_000;

/** What the thread is told: which kind, then the objects in pieces, then that all is there. */
export type ToThread =
  | { type: 'open'; kind: KindName; ctx: Facts; labels: ReturnType<Required<StrategyContext>['namespaceLabels']> }
  | { type: 'piece'; of: 'object' | 'old' | 'sent'; piece: Piece }
  | { type: 'judge' };
/** What a context says; what it does is done by each end. */
type Facts = Omit<StrategyContext, 'warn' | 'sent' | 'namespaceLabels'>;
export interface KindName {
  group: string;
  version: string;
  resource: string;
}
/** What it answers. `failure`: what the rules threw, or why there is no verdict. */
export type FromThread = { verdict: Verdict; warnings: readonly string[] } | { failure: Status };

/** The other end of a thread. `onEnd` is told when it ends by itself. */
export interface Thread {
  post(message: ToThread): void;
  onMessage(listener: (message: FromThread) => void): void;
  onEnd(listener: (why: string) => void): void;
  end(): void;
}

/**
 * Judges objects of many values in a thread that runs the same rules, so that nobody waits for what one user sends. The
 * thread is made for the first of them, takes one at a time, and ends when none comes any more.
 */
export class ValidationThread {
  readonly #start: () => Thread;
  #thread: Thread | undefined;
  #answered: ((message: FromThread) => void) | undefined;
  #last: Promise<unknown> = Promise.resolve();
  #idle: ReturnType<typeof setTimeout> | undefined;

  constructor(start: () => Thread) {
    this.#start = start;
  }

  /** Custom kinds are not known there, and their rules are judged in steps. */
  takes(kind: Kind, { object }: Case): boolean {
    if (kind.custom) return false;
    const { heavyFrom = HEAVY } = kind.storage.strategy;
    return weigh(object, heavyFrom) >= heavyFrom;
  }

  /** Waits for those that came before; copies the objects in steps of `pace`. */
  judge(kind: Kind, judged: Case, ctx: StrategyContext, pace: Pace): Promise<Verdict> {
    const verdict = this.#last.then(() => this.#judge(kind, judged, ctx, pace));
    this.#last = verdict.catch(() => undefined);
    return verdict;
  }

  close(): void {
    clearTimeout(this.#idle);
    this.#thread?.end();
    this.#ended('the server stops');
  }

  async #judge(kind: Kind, { object, old }: Case, ctx: StrategyContext, pace: Pace): Promise<Verdict> {
    clearTimeout(this.#idle);
    const thread = (this.#thread ??= this.#connect());
    const answer = new Promise<FromThread>((resolve) => (this.#answered = resolve));
    const slow = setTimeout(() => this.#cut(), MAX_MS);
    try {
      const { warn, sent, namespaceLabels, ...about } = ctx;
      const { group, version, resource } = kind;
      thread.post({ type: 'open', kind: { group, version, resource }, ctx: about, labels: namespaceLabels?.() });
      for (const [of, value] of [
        ['object', object],
        ['old', old],
        ['sent', sent as KubeObject | undefined],
      ] as const) {
        if (value) await pace.run(sendPieces(value, (piece) => thread.post({ type: 'piece', of, piece })));
        if (pace.due) await pace.turn();
      }
      thread.post({ type: 'judge' });
      const said = await answer;
      if ('failure' in said) throw new StatusError(said.failure);
      for (const warning of said.warnings) warn(warning);
      return said.verdict;
    } finally {
      clearTimeout(slow);
      this.#idle = setTimeout(() => this.#cut(), IDLE_MS).unref();
    }
  }

  #connect(): Thread {
    const thread = this.#start();
    thread.onMessage((message) => this.#answered?.(message));
    thread.onEnd((why) => thread === this.#thread && this.#ended(why));
    return thread;
  }

  #cut(): void {
    this.#thread?.end();
    this.#ended('the validation takes too long');
  }

  #ended(why: string): void {
    this.#thread = undefined;
    this.#answered?.({ failure: internalError(why).status });
  }
}
