import { createClient, type Client, type ClientOptions, type Sink } from 'graphql-ws';
import { Channel } from '../../meta/channel.ts';
import { StatusError, serviceUnavailable, tooManyRequests } from '../../meta/status.ts';
import type { GraphQLRequest, GraphQLResult, Transport } from '../contract.ts';

/** Results of one subscription that may wait to be read; then it is ended with 429 and its reader resumes from its revision. */
const MAX_WAITING = 4096;
/** Attempts to open the connection for one operation, with 0.25 s doubling to 8 s between them (about 30 s in all). */
const RETRIES = 7;
const FIRST_DELAY = 250;
const LAST_DELAY = 8_000;

export interface WebSocketOptions {
  /** the implementation: a browser's own, or one of a package */
  webSocket: unknown;
  /** what `connection_init` says: `authorization` for a bearer token */
  params?: ClientOptions['connectionParams'];
  /** what has to be done before each connection */
  before?: (() => Promise<void>) | undefined;
}

/**
 * graphql-transport-ws over one WebSocket, opened at the first use and opened again after it was lost.
 * What runs while it is lost fails with 503; only callers know whether to do it again, informers do.
 * @param server `https://127.0.0.1:6443`
 * @param path of the GraphQL endpoint on the server
 */
export function webSocketTransport(server: string, options: WebSocketOptions, path = '/graphql'): Transport {
  const client = connect(`${server.replace(/^http/, 'ws')}${path}`, options);
  const start = (request: GraphQLRequest, sink: Sink<GraphQLResult>): (() => void) =>
    client.subscribe(
      {
        query: request.query,
        variables: request.variables,
        extensions: { ...(request.as && { as: request.as }), ...(request.manager && { manager: request.manager }) },
      },
      sink as Sink,
    );

  return {
    execute: (request) =>
      new Promise((resolve, reject) => {
        let result: GraphQLResult | undefined;
        start(request, {
          next: (value) => (result = value as GraphQLResult),
          error: (error) => settleError(error, resolve, reject),
          complete: () => (result ? resolve(result) : reject(lost('the operation was ended'))),
        });
      }),
    subscribe(request) {
      const channel = new Channel<GraphQLResult>(MAX_WAITING, () =>
        tooManyRequests('the subscription is read too slowly', 1),
      );
      const stop = start(request, {
        next: (value) => void channel.push(value as GraphQLResult),
        error: (error) =>
          settleError(
            error,
            (result) => {
              channel.push(result);
              channel.end();
            },
            (reason) => channel.end(reason),
          ),
        complete: () => channel.end(),
      });
      channel.closing(stop);
      return channel;
    },
    async close() {
      await client.dispose();
    },
  };
}

/** graphql-ws's client of one endpoint: it opens the connection when it is needed, never repeats an operation. */
function connect(url: string, { webSocket, params, before }: WebSocketOptions): Client {
  let open = false;
  /** from the loss of an open connection until all operations on it have been told */
  let justLost = false;
  return createClient({
    url: before ? () => before().then(() => url) : url,
    webSocketImpl: webSocket,
    ...(params !== undefined && { connectionParams: params }),
    keepAlive: 10_000,
    retryAttempts: RETRIES,
    // Only the opening is retried: graphql-ws would also repeat an operation that may have been done.
    shouldRetry: (event) => !open && !justLost && !isRefusal(event),
    on: {
      connected: () => void (open = true),
      closed: () => {
        justLost ||= open;
        open = false;
        setTimeout(() => (justLost = false), 0);
      },
    },
    retryWait: (retries) => {
      const delay = Math.min(LAST_DELAY, FIRST_DELAY * 2 ** retries) * (0.5 + Math.random());
      return new Promise((resolve) => setTimeout(resolve, delay));
    },
  });
}

/** A close code of the protocol (4403 and the like) is the server's answer: asking again gets the same. */
const isRefusal = (event: unknown): boolean => ((event as { code?: number } | undefined)?.code ?? 0) >= 4000;

const lost = (why: string): StatusError => serviceUnavailable(`the connection to the API is lost: ${why}`);

/** graphql-ws reports GraphQL errors (an array), close events and errors of the socket through one door. */
function settleError(error: unknown, resolve: (result: GraphQLResult) => void, reject: (error: Error) => void): void {
  if (Array.isArray(error)) return resolve({ errors: error });
  const close = error as { code?: number; reason?: string; message?: string } | undefined;
  if (close?.code === 4401 || close?.code === 4403) {
    return reject(new StatusError({ message: 'Unauthorized', reason: 'Unauthorized', code: 401 }));
  }
  reject(lost(close?.reason || close?.message || `closed with code ${close?.code ?? 'unknown'}`));
}
