import { Agent, type ClientRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import { PassThrough } from 'node:stream';
import { createProxyServer } from 'httpxy';
import type { Clock } from '../../rules/clock.ts';
import { hasBody, isHttp1, type Req, type Res } from './exchange.ts';
import { BodyTooLarge, type Attempt, type Outgoing } from './upstream.ts';
import { change, responseHeaders } from './headers.ts';

/** Connections to one endpoint, and those of them that wait for their next request. */
const MAX_SOCKETS = 512;
const MAX_FREE = 64;
/** How long a connection may take to be made, ms. */
export const CONNECT_MS = 3000;

/** Sends requests on as HTTP/1.1, over connections that are kept. */
export class Http1Upstream {
  private readonly agent = new Agent({ keepAlive: true, maxSockets: MAX_SOCKETS, maxFreeSockets: MAX_FREE });
  private readonly proxy = createProxyServer();
  private readonly under = new WeakMap<IncomingMessage, { attempt: Attempt; out: Outgoing; gate?: PassThrough }>();

  constructor(private readonly clock: Clock) {
    this.proxy.on('proxyReq', (request, req) => this.began(request, req));
    this.proxy.on('proxyRes', (answer, req, res) => this.answered(answer, req, res));
  }

  /** @returns when the exchange has ended; rejects with what went wrong, as far as `attempt` says */
  async send(req: Req, res: Res, out: Outgoing, attempt: Attempt): Promise<void> {
    const message = req as IncomingMessage;
    const headers = { ...out.headers };
    const body = hasBody(req);
    if (body && headers['content-length'] === undefined) headers['transfer-encoding'] = 'chunked';
    Object.defineProperty(message, 'headers', { value: headers, configurable: true });
    message.url = out.path;
    // nothing of a body is read before somebody is there to take it: until then it can go to another
    const gate = body ? new PassThrough() : undefined;
    this.under.set(message, { attempt, out, ...(gate && { gate }) });
    await this.proxy.web(message, res as ServerResponse, {
      target: { host: out.address, port: out.port, protocol: 'http:' },
      agent: this.agent,
      selfHandleResponse: true,
      ...(gate && { buffer: gate }),
    });
  }

  close(): void {
    this.agent.destroy();
  }

  private began(request: ClientRequest, req: IncomingMessage): void {
    const { attempt, out, gate } = this.under.get(req) ?? {};
    const { socket } = request;
    if (!attempt || !out || !socket) return;
    attempt.reused = request.reusedSocket;
    // httpxy says `close` to bodies in chunks; an agent would go by what the backend says
    if (request.hasHeader('transfer-encoding')) request.shouldKeepAlive = false;
    const go = (): void => {
      this.clock.clearTimeout(timer);
      attempt.connected = true;
      if (gate) pour(req, gate, out.limits.maxBody, (error) => request.destroy(error));
    };
    const timer = socket.connecting
      ? this.clock.setTimeout(() => request.destroy(new Error('no connection in time')), CONNECT_MS)
      : undefined;
    request.once('close', () => this.clock.clearTimeout(timer));
    if (socket.connecting) socket.once('connect', go);
    else go();
    request.setTimeout(out.limits.idleMs, () => {
      attempt.timedOut = true;
      request.destroy(new Error('the backend is silent'));
    });
  }

  private answered(answer: IncomingMessage, req: IncomingMessage, res: ServerResponse): void {
    const { attempt, out } = this.under.get(req) ?? {};
    if (!attempt || !out || res.destroyed) return;
    attempt.answered = true;
    const headers = responseHeaders(answer.headers);
    if (out.responseChange) change(headers, out.responseChange);
    const { statusCode: status = 502, statusMessage = '' } = answer;
    if (isHttp1(req)) res.writeHead(status, statusMessage, headers);
    else res.writeHead(status, headers);
    answer.pipe(res);
    // of a stream of events the client sees the head before the first event
    setImmediate(() => {
      if (!res.writableEnded && !res.destroyed) res.flushHeaders();
    });
  }
}

/** Lets a body go, as long as it is not too large. */
function pour(req: IncomingMessage, gate: PassThrough, maxBody: number, fail: (error: Error) => void): void {
  if (maxBody) {
    let size = 0;
    req.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= maxBody) return;
      req.unpipe(gate);
      fail(new BodyTooLarge());
    });
  }
  req.pipe(gate);
}
