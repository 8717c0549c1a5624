import { createClient as createSocket, type Client } from 'graphql-ws';

/** `open`: what is shown is what there is; `lost`: it may be old, and comes back by itself; `refused`: sign in. */
export type ConnectionState = 'opening' | 'open' | 'lost' | 'refused';

/** Between attempts to connect again, ms: at once, then twice as long each time up to this. */
const LONGEST_WAIT = 5_000;
const FIRST_WAIT = 200;

/** The one web socket of the page. Subscriptions begin anew when it was lost, and so miss nothing. */
export class Connection {
  readonly client: Client;
  #state: ConnectionState = 'opening';
  readonly #listeners = new Set<() => void>();

  /** @param url `wss://HOST/graphql` */
  constructor(url: string) {
    this.client = createSocket({
      url,
      lazy: false,
      keepAlive: 10_000,
      retryAttempts: Infinity,
      shouldRetry: (event) => !isRefusal(event),
      retryWait: (tries) =>
        new Promise((later) =>
          setTimeout(later, Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** tries) * (0.5 + Math.random() / 2)),
        ),
      on: {
        connected: () => this.#set('open'),
        closed: (event) => this.#set(isRefusal(event) ? 'refused' : 'lost'),
      },
    });
    // a laptop that wakes up does not wait for the next attempt to fail
    globalThis.addEventListener('offline', () => this.client.terminate());
  }

  readonly state = (): ConnectionState => this.#state;
  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  #set(state: ConnectionState): void {
    this.#state = state;
    for (const listener of this.#listeners) listener();
  }
}

/** A close code of the protocol (4401, 4403) is an answer: asking again gets the same. */
const isRefusal = (event: unknown): boolean => {
  const code = (event as { code?: number } | undefined)?.code ?? 0;
  return code === 4401 || code === 4403;
};
