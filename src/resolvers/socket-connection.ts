import type { GraphQLFormattedError } from 'graphql';
import type { WebSocket } from 'ws';
import { isRecord } from '../meta/record.ts';
import type { StatusError } from '../meta/status.ts';
import { errorMessage } from '../meta/error-message.ts';
import { tooManyAtOnce } from './limit-error.ts';
import { JsonBytes, type JsonText } from './json-text.ts';
import type { Asked } from './schema/operations.ts';
import { stringifyExact } from '../go/json-numbers.ts';
import { parseJson } from './parse-json.ts';
import type { Caller, OutsideRequest, Runner } from './runner.ts';
import type { SocketOutput } from './socket-output.ts';
import type { Subscriber } from './live/subscriber.ts';

/** https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md */
export const PROTOCOL = 'graphql-transport-ws';

/** Operations at once on one connection. */
const MAX_OPERATIONS = 1000;
/** ms in which a client must say hello */
const INIT_TIMEOUT = 10_000;
/** ms that the client of a lost connection has to answer its end */
const LOST_MS = 500;
/** Answers to messages that may wait for a client that does not read. */
const MAX_UNREAD = 1000;

/** Characters of the reason of a connection's end, all of them ASCII. Source: RFC 6455, 5.5 */
const MAX_REASON = 120;
const INVALID = 'Invalid message received';

type Message =
  | { type: 'connection_init'; payload: Record<string, unknown> }
  | { type: 'ping' | 'pong'; payload?: unknown }
  | { type: 'subscribe'; id: string; payload: OutsideRequest }
  | { type: 'complete'; id: string };

/** An operation; `events` of a subscription that has begun. */
interface Running {
  events: Subscriber | undefined;
}

/**
 * The server's side of one graphql-transport-ws connection. Our own and not graphql-ws's, because that one makes each
 * message out of objects: here a result is text already, often one for many subscribers, and is put between two strings.
 * A client that does not read holds back only its own operations, whose subscriptions are cut when too much waits.
 */
export class Connection {
  private readonly running = new Map<string, Running>();
  private greeted = false;
  private accepted = false;
  private unread = 0;
  private counted: AbortController | undefined;
  private letGo: (() => void) | undefined;
  private readonly hello: NodeJS.Timeout;

  /**
   * @param errorsOf what is thrown, as errors of a result
   * @param authenticate who the caller is by the parameters of `connection_init`; undefined refuses the connection
   * @param hold tells when the caller's credential has ended
   */
  constructor(
    private readonly socket: WebSocket,
    private readonly output: SocketOutput,
    private caller: Caller,
    private readonly runner: Runner,
    private readonly errorsOf: (error: unknown) => readonly GraphQLFormattedError[],
    private readonly authenticate: (caller: Caller, params: Record<string, unknown>) => Promise<Caller | undefined>,
    private readonly hold: (caller: Caller, onLost: (why: StatusError) => void) => () => void,
  ) {
    this.hello = setTimeout(
      () => !this.greeted && socket.close(4408, 'Connection initialisation timeout'),
      INIT_TIMEOUT,
    );
    if (socket.protocol !== PROTOCOL) socket.close(4406, 'Subprotocol not acceptable');
    this.count(caller);
  }

  async onMessage(text: string): Promise<void> {
    const message = parseMessage(text);
    if (typeof message === 'string') return this.socket.close(4400, message.slice(0, MAX_REASON));
    if (message.type === 'connection_init') return this.init(message.payload);
    if (message.type === 'ping') return this.reply(stringifyExact({ type: 'pong', payload: message.payload }));
    if (message.type === 'subscribe') return this.subscribe(message.id, message.payload, text.length);
    if (message.type === 'complete') {
      const running = this.running.get(message.id);
      this.running.delete(message.id);
      await running?.events?.return();
    }
  }

  onClose(): void {
    clearTimeout(this.hello);
    this.counted?.abort();
    this.letGo?.();
    for (const { events } of this.running.values()) void events?.return();
    this.running.clear();
  }

  private async init(params: Record<string, unknown>): Promise<void> {
    if (this.greeted) return this.socket.close(4429, 'Too many initialisation requests');
    this.greeted = true;
    const caller = await this.authenticate(this.caller, params).catch(() => undefined);
    if (!caller) return this.socket.close(4403, 'Forbidden');
    if (!this.count(caller)) return;
    this.caller = caller;
    this.accepted = true;
    if (this.socket.readyState === this.socket.OPEN) this.letGo = this.hold(caller, (why) => this.lose(why));
    this.reply('{"type":"connection_ack"}');
  }

  /** The connection ends with the credential that it stands by, when its subscriptions have been told. */
  private lose(why: StatusError): void {
    const { socket } = this;
    this.accepted = false;
    for (const { events } of this.running.values()) events?.lose(why);
    const [code, reason] = why.code === 403 ? [4403, 'Forbidden'] : [4401, 'Unauthorized'];
    setImmediate(() => socket.close(code, reason));
    setTimeout(() => socket.terminate(), LOST_MS).unref();
  }

  /** Counts the socket as its user's, who may become another; false: there are too many. */
  private count(caller: Caller): boolean {
    this.counted?.abort();
    this.counted = new AbortController();
    try {
      this.runner.countStream({ ...caller, signal: this.counted.signal });
      return true;
    } catch {
      this.socket.close(4429, 'Too many open streams of this user');
      return false;
    }
  }

  /** @param bytes of the message */
  private async subscribe(id: string, request: OutsideRequest, bytes: number): Promise<void> {
    if (!this.accepted) return this.socket.close(4401, 'Unauthorized');
    if (this.running.has(id)) return this.socket.close(4409, `Subscriber for ${id} already exists`.slice(0, 120));
    if (this.running.size >= MAX_OPERATIONS)
      return this.error(
        id,
        this.errorsOf(
          tooManyAtOnce(
            'operationsOfSocket',
            MAX_OPERATIONS,
            `more than ${MAX_OPERATIONS} operations on one connection`,
          ),
        ),
      );
    // This operation's own: the client may end it and begin another of the same id.
    const running: Running = { events: undefined };
    this.running.set(id, running);
    const isOver = (): boolean => this.running.get(id) !== running;
    let close: (() => void) | undefined;
    try {
      const asked = await this.runner.ask(request, this.caller);
      close = this.runner.openOperation(asked, this.caller, bytes);
      if (!asked.operation) throw asked.refusal;
      if (asked.operation.node.operation === 'subscription') await this.follow(id, asked, running, isOver);
      else {
        await this.runner.whenAdmitted([asked], this.caller, async (budget) => {
          // it may have waited for its turn
          if (!this.accepted || isOver()) return;
          const text = await this.runner.execute(asked, this.caller, budget);
          if (!isOver()) await this.next(id, text);
        });
      }
      if (isOver()) return;
      this.running.delete(id);
      this.reply(`{"id":${JSON.stringify(id)},"type":"complete"}`);
    } catch (error) {
      if (isOver()) return;
      this.running.delete(id);
      this.error(id, this.errorsOf(error));
    } finally {
      close?.();
    }
  }

  private async follow(
    id: string,
    asked: Asked<OutsideRequest>,
    running: Running,
    isOver: () => boolean,
  ): Promise<void> {
    const events = await this.runner.subscribe(asked, this.caller);
    if (isOver()) return void events.return();
    running.events = events;
    for (let next = await events.next(); !next.done && !isOver(); next = await events.next())
      await this.next(id, next.value);
  }

  private error(id: string, payload: readonly GraphQLFormattedError[]): void {
    this.reply(JSON.stringify({ id, type: 'error', payload }));
  }

  private next(id: string, text: JsonText): Promise<void> | undefined {
    const head = `{"id":${JSON.stringify(id)},"type":"next","payload":`;
    if (typeof text === 'string') return this.output.send(`${head}${text}}`);
    return this.output.send(new JsonBytes([Buffer.from(head), ...text.pieces, Buffer.from('}')]));
  }

  /** An answer to a message that is no result. A client that asks on and does not read is cut off. */
  private reply(text: string): void {
    if (this.output.full && ++this.unread > MAX_UNREAD) return this.socket.terminate();
    void this.output.send(text)?.then(() => this.unread--);
  }
}

/** Text: what is wrong with it. */
function parseMessage(text: string): Message | string {
  let message: Record<string, unknown>;
  try {
    message = parseJson('a message', text) as Record<string, unknown>;
  } catch (error) {
    return errorMessage(error);
  }
  return isRecord(message) ? (messageOf(message) ?? INVALID) : INVALID;
}

function messageOf(message: Record<string, unknown>): Message | undefined {
  const { type, id, payload } = message;
  switch (type) {
    case 'connection_init':
      return payload === undefined || payload === null || isRecord(payload)
        ? { type, payload: payload ?? {} }
        : undefined;
    case 'ping':
    case 'pong':
      return { type, payload };
    case 'complete':
      return isId(id) ? { type, id } : undefined;
    case 'subscribe':
      return isId(id) && isRequest(payload) ? { type, id, payload } : undefined;
    default:
      return undefined;
  }
}

const isId = (id: unknown): id is string => typeof id === 'string' && id !== '';
/** Its text, or which one it is of those that are kept here. */
const namesDocument = ({ query, documentId, extensions }: Record<string, unknown>): boolean =>
  query === undefined || query === null
    ? typeof documentId === 'string' || (isRecord(extensions) && isRecord(extensions['persistedQuery']))
    : typeof query === 'string';
const isRequest = (payload: unknown): payload is OutsideRequest =>
  isRecord(payload) &&
  namesDocument(payload) &&
  typeof (payload['operationName'] ?? '') === 'string' &&
  isRecord(payload['variables'] ?? {}) &&
  isRecord(payload['extensions'] ?? {});
