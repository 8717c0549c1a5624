import type { MessagePort } from 'node:worker_threads';
import { Channel } from '../../meta/channel.ts';
import { StatusError, internalError, serviceUnavailable, tooManyRequests, type Status } from '../../meta/status.ts';
import type { GraphQLRequest, GraphQLResult, Transport } from '../contract.ts';
import type { Executor, JsonMessage } from './executor.ts';

/** Results of one subscription that may be under way: the server takes the next one from its queue when one was read. */
const WINDOW = 32;
/** From here on bytes go as bytes: a large string takes three times as long to send, a small one a third less. */
const LARGE = 16 * 1024;
/** Operations of one port at once; more are refused with 429, which the loops' own rate limits never reach. */
const MAX_OPERATIONS = 4096;

type ToServer =
  /** a GraphQLRequest as JSON */
  | { id: number; type: 'execute' | 'subscribe'; json: string }
  | { id: number; type: 'more' }
  | { id: number; type: 'return' };
type ToClient =
  | { id: number; type: 'result' | 'next'; json: string | Uint8Array }
  | { id: number; type: 'complete' }
  | { id: number; type: 'error'; status: Status };

const statusOf = (error: unknown): Status =>
  (error instanceof StatusError ? error : internalError(error instanceof Error ? error.message : String(error))).status;

/**
 * The server's end. Requests and results are sent as JSON: making and parsing it costs less than the structured clone
 * of the same objects, and its parse happens in the other thread. What consists of stored bytes goes as bytes.
 * @returns ends all that runs and lets go of the port
 */
export function servePort(port: MessagePort, executor: Executor): () => void {
  const running = new Map<number, Served>();
  const send = (message: ToClient): void => port.postMessage(message);

  const execute = (id: number, request: GraphQLRequest): void => {
    running.set(id, { credit: 0, pulling: false });
    executor
      .execute(request)
      .then(
        (result) => send({ id, type: 'result', json: jsonOf(result) }),
        (error: unknown) => send({ id, type: 'error', status: statusOf(error) }),
      )
      .finally(() => running.delete(id));
  };

  const pull = async (id: number, served: Served): Promise<void> => {
    if (served.pulling || !served.results) return;
    served.pulling = true;
    try {
      while (served.credit > 0 && running.get(id) === served) {
        const result = await served.results.next();
        if (running.get(id) !== served) return;
        if (result.done) {
          running.delete(id);
          return send({ id, type: 'complete' });
        }
        served.credit--;
        send({ id, type: 'next', json: jsonOf(result.value) });
      }
    } catch (error) {
      if (running.delete(id)) send({ id, type: 'error', status: statusOf(error) });
    } finally {
      served.pulling = false;
    }
  };

  const onMessage = (message: ToServer): void => {
    const served = running.get(message.id);
    if (message.type === 'more') {
      if (served) {
        served.credit++;
        void pull(message.id, served);
      }
    } else if (message.type === 'return') {
      running.delete(message.id);
      void served?.results?.return?.();
    } else if (running.size >= MAX_OPERATIONS) {
      send({ id: message.id, type: 'error', status: tooManyRequests('too many operations on this port', 1).status });
    } else if (message.type === 'execute') {
      execute(message.id, requestOf(message.json));
    } else if (message.type === 'subscribe') {
      const started: Served = {
        results: executor.subscribe(requestOf(message.json)),
        credit: WINDOW,
        pulling: false,
      };
      running.set(message.id, started);
      void pull(message.id, started);
    }
  };

  const stop = (): void => {
    port.off('message', onMessage);
    for (const served of running.values()) void served.results?.return?.();
    running.clear();
  };
  port.on('message', onMessage);
  port.once('close', stop);
  return stop;
}

interface Served {
  /** undefined: an execution, of which only the count matters */
  results?: AsyncIterableIterator<JsonMessage>;
  credit: number;
  pulling: boolean;
}

const requestOf = (json: string): GraphQLRequest => JSON.parse(json) as GraphQLRequest;

const jsonOf = (message: JsonMessage): string | Uint8Array =>
  typeof message === 'string' || message.length < LARGE ? String(message) : message.buffer;

const parsed = (json: string | Uint8Array): GraphQLResult =>
  JSON.parse(
    typeof json === 'string' ? json : Buffer.from(json.buffer, json.byteOffset, json.byteLength).toString(),
  ) as GraphQLResult;

/** The client's end. When the port closes, what waits is rejected with 503. */
export function portTransport(port: MessagePort): Transport {
  const calls = new Map<number, { resolve(result: GraphQLResult): void; reject(error: unknown): void }>();
  const streams = new Map<number, PortStream>();
  let lastId = 0;
  let closed = false;
  const lost = (): StatusError => serviceUnavailable('the connection to the API is closed');

  port.on('message', (message: ToClient) => {
    const { id } = message;
    if (message.type === 'result') calls.get(id)?.resolve(parsed(message.json));
    else if (message.type === 'next') streams.get(id)?.push(parsed(message.json));
    else {
      const error = message.type === 'error' ? new StatusError(message.status) : undefined;
      calls.get(id)?.reject(error);
      streams.get(id)?.end(error);
      streams.delete(id);
    }
    if (message.type !== 'next') calls.delete(id);
  });
  port.once('close', () => {
    closed = true;
    for (const call of calls.values()) call.reject(lost());
    for (const stream of streams.values()) stream.end(lost());
    calls.clear();
    streams.clear();
  });

  return {
    execute: (request) =>
      new Promise((resolve, reject) => {
        if (closed) return reject(lost());
        const id = ++lastId;
        calls.set(id, { resolve, reject });
        port.postMessage({ id, type: 'execute', json: JSON.stringify(request) } satisfies ToServer);
      }),
    subscribe(request) {
      const id = ++lastId;
      const stream = new PortStream(
        () => !closed && streams.has(id) && port.postMessage({ id, type: 'more' } satisfies ToServer),
        () => {
          if (streams.delete(id) && !closed) port.postMessage({ id, type: 'return' } satisfies ToServer);
        },
      );
      if (closed) stream.end(lost());
      else {
        streams.set(id, stream);
        port.postMessage({ id, type: 'subscribe', json: JSON.stringify(request) } satisfies ToServer);
      }
      return stream;
    },
    close() {
      port.close();
      return Promise.resolve();
    },
  };
}

/** Results of one subscription; each one that is read lets the server send another, so at most WINDOW wait. */
class PortStream extends Channel<GraphQLResult> {
  constructor(
    private readonly more: () => void,
    onClose: () => void,
  ) {
    super(WINDOW, () => internalError('more results than asked for'), onClose);
  }
  override async next(): Promise<IteratorResult<GraphQLResult>> {
    const result = await super.next();
    if (!result.done) this.more();
    return result;
  }
}
