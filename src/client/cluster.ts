import { StatusError, isStatusError } from '../meta/status.ts';
import { createClient } from './client.ts';
import type { Client, Transport } from './contract.ts';
import { dataOf } from './errors.ts';
import { createInformers, type Informers } from './informers.ts';
import { applyLive, livePayloadIn, type ItemOf, type LiveList, type LivePayload } from './live-list.ts';
import { textOf, type Document, type VariablesOf } from './typed-document.ts';
import type { Timers } from '../rules/clock.ts';

/** Between two attempts to come back, ms: doubled from the first to the last, each spread by ±50 %. */
const FIRST_DELAY = 250;
const LAST_DELAY = 10_000;

/** What a live query's reader is told besides its lists. */
export interface LiveOptions {
  /** The connection is lost, or a query was refused for now: what there is may be old until the next list. */
  onLost?: (error: unknown) => void;
  /** ends it */
  signal?: AbortSignal;
}

/** One connection to a cluster. All that answers throws StatusError, with the Status of Kubernetes. */
export class Cluster implements AsyncDisposable {
  /** whole objects by resource, as loops use them */
  readonly objects: Client;

  constructor(
    private readonly transport: Transport,
    private readonly timers: Timers,
    private readonly random: () => number = Math.random,
  ) {
    this.objects = createClient(transport);
  }

  /** A query or a mutation. Throws the first error, if there is one. */
  async query<R, V>(document: Document<R, V>, ...[variables]: VariablesOf<V>): Promise<R> {
    return dataOf(await this.transport.execute(requestOf(document, variables))) as R;
  }

  /** The payloads of a subscription. Ends with an error when the connection is lost: only its reader knows from where to go on. */
  async *subscribe<R, V>(document: Document<R, V>, ...[variables]: VariablesOf<V>): AsyncGenerator<R, void> {
    for await (const result of this.transport.subscribe(requestOf(document, variables))) yield dataOf(result) as R;
  }

  /**
   * What a live query answers, again after each change: its document selects
   * `type items { … } changes { type from to object { … } } totalCount resume`. Comes back by itself after a lost connection, from
   * where it was if the document has a variable `$resume: String` for the field's argument. Ends with an error that
   * asking again cannot mend.
   */
  async *live<R, V>(
    document: Document<R, V>,
    variables?: V,
    { onLost, signal }: LiveOptions = {},
  ): AsyncGenerator<LiveList<ItemOf<R>>, void> {
    const text = textOf(document);
    const resumable = /\$resume\b/.test(text);
    let list: LiveList<ItemOf<R>> | undefined;
    let resume: string | undefined;
    for (let failures = 0; !signal?.aborted; failures++) {
      const payloads = this.transport.subscribe({
        query: text,
        variables: { ...(variables as Record<string, unknown>), ...(resumable && list && { resume }) },
      });
      const stop = (): void => void payloads.return?.();
      signal?.addEventListener('abort', stop, { once: true });
      if (!resumable) list = undefined;
      try {
        for await (const result of payloads) {
          const payload = livePayloadIn(dataOf(result)) as LivePayload<ItemOf<R>>;
          list = applyLive(list, payload);
          resume = payload.resume ?? undefined;
          failures = 0;
          yield list;
        }
        if (signal?.aborted) return;
        throw new StatusError({ message: 'the server ended the live query', reason: 'ServiceUnavailable', code: 503 });
      } catch (error) {
        if (signal?.aborted) return;
        if (!isPassing(error)) throw error;
        onLost?.(error);
      } finally {
        signal?.removeEventListener('abort', stop);
        stop();
      }
      await this.pause(failures, signal);
    }
  }

  /** Caches of whole resources, which keep themselves in step. */
  informers(onError?: (error: unknown, resource: string) => void): Informers {
    return createInformers(this.objects, this.timers, { random: this.random, ...(onError && { onError }) });
  }

  close(): Promise<void> {
    return this.transport.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  private pause(failures: number, signal: AbortSignal | undefined): Promise<void> {
    const delay = Math.min(LAST_DELAY, FIRST_DELAY * 2 ** Math.min(failures, 16)) * (0.5 + this.random());
    return new Promise((resolve) => {
      const done = (): void => {
        this.timers.clearTimeout(timer);
        signal?.removeEventListener('abort', done);
        resolve();
      };
      const timer = this.timers.setTimeout(done, delay);
      signal?.addEventListener('abort', done, { once: true });
    });
  }
}

const requestOf = (document: Parameters<typeof textOf>[0], variables: unknown) => ({
  query: textOf(document),
  ...(variables !== undefined && { variables: variables as Record<string, unknown> }),
});

/** Lost connections, servers that are busy or going, and what is read too slowly: the same may go well a moment later. */
const isPassing = (error: unknown): boolean =>
  isStatusError(error) && (error.code === 429 || error.code === 410 || error.code >= 500);
