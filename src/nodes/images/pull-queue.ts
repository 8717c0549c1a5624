import { PullError, type Image, type ImageService, type RegistryCredential } from './image-service.ts';

/** Pulls that run at once on one node; more wait their turn. */
const MAX_PULLS = 4;
/** Pulls that wait at most; more are refused, and tried again after their back-off. */
const MAX_WAITING = 1000;

/** A pull that is done. */
export interface Pulled {
  image: Image;
  /** ms that the pull itself took */
  ms: number;
}

interface Running {
  result: Promise<Pulled>;
  abort: AbortController;
  waiters: number;
}

/**
 * Pulls of one node: a bounded number at a time, and one for the same image and credential, whoever asks. A pull that
 * nobody waits for any more is given up.
 */
export class PullQueue {
  private readonly running = new Map<string, Running>();
  private readonly waiting: (() => void)[] = [];
  private active = 0;

  constructor(
    private readonly service: Pick<ImageService, 'pull'>,
    private readonly now: () => number,
  ) {}

  /** @param key tells credentials apart without showing them. @throws PullError, or the signal's reason */
  async pull(
    reference: string,
    key: string,
    credential: RegistryCredential | undefined,
    signal: AbortSignal,
  ): Promise<Pulled> {
    const name = `${reference} ${key}`;
    const run = this.running.get(name) ?? this.begin(name, reference, credential);
    run.waiters++;
    try {
      return await unlessAborted(run.result, signal);
    } finally {
      if (--run.waiters === 0) run.abort.abort();
    }
  }

  private begin(name: string, reference: string, credential: RegistryCredential | undefined): Running {
    const abort = new AbortController();
    const result = this.run(reference, credential, abort.signal);
    const run = { result, abort, waiters: 0 };
    this.running.set(name, run);
    const over = (): void => {
      if (this.running.get(name) === run) this.running.delete(name);
    };
    // who waits hears how it ended; one that was given up ends alone, and who asks anew gets another
    result.then(over, over);
    abort.signal.addEventListener('abort', over);
    return run;
  }

  private async run(
    reference: string,
    credential: RegistryCredential | undefined,
    signal: AbortSignal,
  ): Promise<Pulled> {
    const done = await this.turn(signal);
    const began = this.now();
    try {
      const image = await this.service.pull(reference, credential, signal);
      return { image, ms: this.now() - began };
    } finally {
      done();
    }
  }

  private async turn(signal: AbortSignal): Promise<() => void> {
    if (this.active >= MAX_PULLS) {
      if (this.waiting.length >= MAX_WAITING) throw new PullError('too many images are being pulled on this node');
      await new Promise<void>((resolve) => this.waiting.push(resolve));
    } else this.active++;
    const done = (): void => {
      const next = this.waiting.shift();
      if (next) next();
      else this.active--;
    };
    if (!signal.aborted) return done;
    done();
    throw signal.reason;
  }
}

async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  let stop: () => void = () => undefined;
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason as Error);
    signal.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
