import { randomBytes } from 'node:crypto';
import type { ClientRequest, IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { acceptOf, frameOf, OP } from '../../rules/websocket/frame.ts';
import { MessageReader } from '../../rules/websocket/message-reader.ts';
import type { OpenConnection, Target } from '../contract.ts';
import type { Dialer } from './dialer.ts';
import { KUBELET_ANSWER_MS } from './kubelet-answer.ts';
import { shortText } from './node-answer.ts';
import { errorOfAnswer } from './node-errors.ts';

/** A client's end of a WebSocket to a node: messages, without extensions. */
export class NodeWebSocket {
  readonly #reader = new MessageReader(false);
  #closed = false;
  readonly #socket: Duplex;

  private constructor(socket: Duplex, head: Buffer) {
    this.#socket = socket;
    if (head.length) socket.unshift(head);
    // who reads is told; who has read all does not care
    socket.on('error', () => undefined);
  }

  /**
   * Asks a node for a protocol over a WebSocket. Rejects with the Status of what it answers instead, with Error where it
   * does not answer, or not as a WebSocket does.
   * @param opened the request, to be destroyed by who gives up
   */
  static async open(
    dialer: Dialer,
    to: OpenConnection,
    protocol: string,
    target: Target,
    opened: (request: ClientRequest) => void,
  ): Promise<NodeWebSocket> {
    const key = randomBytes(16).toString('base64');
    const headers = {
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-version': '13',
      'sec-websocket-key': key,
      'sec-websocket-protocol': protocol,
    };
    const request = dialer.request(to, 'GET', headers, KUBELET_ANSWER_MS);
    const answered = new Promise<{ answer: IncomingMessage; socket?: Duplex; head?: Buffer }>((resolve, reject) => {
      request.once('upgrade', (answer: IncomingMessage, socket: Duplex, head: Buffer) =>
        resolve({ answer, socket, head }),
      );
      request.once('response', (answer: IncomingMessage) => resolve({ answer }));
      request.once('close', () => reject(new Error('the connection was closed')));
      request.on('error', reject);
    });
    opened(request);
    request.end();
    const { answer, socket, head } = await answered;
    if (!socket || !head) throw errorOfAnswer(answer.statusCode ?? 500, await shortText(answer), target);
    const { 'sec-websocket-accept': accepted, 'sec-websocket-protocol': spoken } = answer.headers;
    if (accepted !== acceptOf(key) || spoken !== protocol) {
      socket.destroy();
      throw new Error(`it does not speak ${protocol}`);
    }
    return new NodeWebSocket(socket, head);
  }

  send(data: Buffer): void {
    this.#write(OP.binary, data);
  }

  /** Messages as they come, until the other end closes. Throws Error for what is no WebSocket. */
  async *messages(): AsyncGenerator<Buffer, void, undefined> {
    for await (const chunk of this.#socket as AsyncIterable<Buffer>) {
      yield* this.#taken(chunk);
      if (this.#closed) return;
    }
  }

  destroy(): void {
    this.#socket.destroy();
  }

  *#taken(chunk: Buffer): Generator<Buffer, void, undefined> {
    for (const { op, data } of this.#reader.read(chunk)) {
      if (op === OP.close) {
        this.#closed = true;
        this.#write(OP.close, data.subarray(0, 2));
        return;
      }
      if (op === OP.ping) {
        // who does not read is not answered: nothing says how many pings come
        if (!this.#socket.writableNeedDrain) this.#write(OP.pong, data);
      } else if (op !== OP.pong) yield data;
    }
  }

  #write(op: number, data: Buffer): void {
    this.#socket.write(Buffer.concat(frameOf(op, data, true)));
  }
}
