import { createHash, randomBytes } from 'node:crypto';
import type { ClientRequest, IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { OpenConnection, Target } from '../contract.ts';
import type { Dialer } from './dialer.ts';
import { KUBELET_ANSWER_MS } from './kubelet-answer.ts';
import { shortText } from './node-answer.ts';
import { errorOfAnswer } from './node-errors.ts';

/** RFC 6455, 1.3 */
const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const OP = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;
const FINAL = 0x80;
const MASKED = 0x80;
/** Bytes of one message of a node: kubelets send some tens of KB at once. */
const MAX_MESSAGE = 4 * 1024 * 1024;
/** Frames of one message: even empty ones have to be kept until its last. */
const MAX_PARTS = 4096;
/** Bytes of a frame that says nothing of the message (RFC 6455, 5.5). */
const MAX_CONTROL = 125;

/** A client's end of a WebSocket to a node: messages, without extensions. */
export class NodeWebSocket {
  /** What has come, and is not a whole frame yet. */
  #rest: Buffer;
  #parts: Buffer[] = [];
  #size = 0;
  #closed = false;
  readonly #socket: Duplex;

  private constructor(socket: Duplex, head: Buffer) {
    this.#socket = socket;
    this.#rest = head;
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
    const expected = createHash('sha1').update(`${key}${GUID}`).digest('base64');
    if (accepted !== expected || spoken !== protocol) {
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
    yield* this.#taken();
    if (this.#closed) return;
    for await (const chunk of this.#socket as AsyncIterable<Buffer>) {
      this.#rest = this.#rest.length ? Buffer.concat([this.#rest, chunk]) : chunk;
      yield* this.#taken();
      if (this.#closed) return;
    }
  }

  destroy(): void {
    this.#socket.destroy();
  }

  *#taken(): Generator<Buffer, void, undefined> {
    for (let frame = this.#next(); frame && !this.#closed; frame = this.#next()) {
      const { op, data, isLast } = frame;
      if (op >= OP.close && data.length > MAX_CONTROL) throw new Error('a control frame is too long');
      if (op === OP.close) {
        this.#closed = true;
        this.#write(OP.close, data.subarray(0, 2));
      } else if (op === OP.ping) {
        // who does not read is not answered: nothing says how many pings come
        if (!this.#socket.writableNeedDrain) this.#write(OP.pong, data);
      } else if (op <= OP.binary) {
        this.#size += data.length;
        if (this.#size > MAX_MESSAGE || this.#parts.length === MAX_PARTS) throw new Error('a message is too long');
        this.#parts.push(data);
        if (!isLast) continue;
        const message = Buffer.concat(this.#parts);
        this.#parts = [];
        this.#size = 0;
        yield message;
      }
    }
  }

  /** RFC 6455, 5.2; what comes from a server is not masked. Undefined: it is not all there yet. */
  #next(): { op: number; isLast: boolean; data: Buffer } | undefined {
    const rest = this.#rest;
    if (rest.length < 2) return undefined;
    const [first = 0, second = 0] = rest;
    if (second & MASKED) throw new Error('a frame is masked');
    const more = second === 126 ? 2 : second === 127 ? 8 : 0;
    if (rest.length < 2 + more) return undefined;
    const length = more === 0 ? second : more === 2 ? rest.readUInt16BE(2) : Number(rest.readBigUInt64BE(2));
    if (length > MAX_MESSAGE) throw new Error('a message is too long');
    const begin = 2 + more;
    if (rest.length < begin + length) return undefined;
    this.#rest = rest.subarray(begin + length);
    return { op: first & 0x0f, isLast: (first & FINAL) !== 0, data: rest.subarray(begin, begin + length) };
  }

  #write(op: number, data: Buffer): void {
    const more = data.length < 126 ? 0 : data.length < 65536 ? 2 : 8;
    const head = Buffer.alloc(2 + more);
    head[0] = FINAL | op;
    head[1] = MASKED | (more === 0 ? data.length : more === 2 ? 126 : 127);
    if (more === 2) head.writeUInt16BE(data.length, 2);
    if (more === 8) head.writeBigUInt64BE(BigInt(data.length), 2);
    const mask = randomBytes(4);
    const masked = Buffer.from(data);
    for (let i = 0; i < masked.length; i++) masked[i] = masked[i]! ^ mask[i & 3]!;
    this.#socket.write(Buffer.concat([head, mask, masked]));
  }
}
