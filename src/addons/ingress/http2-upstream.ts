import type { ServerResponse } from 'node:http';
import {
  connect,
  constants,
  type ClientHttp2Session,
  type ClientHttp2Stream,
  type Http2ServerResponse,
  type IncomingHttpHeaders,
} from 'node:http2';
import { hasBody, isHttp1, type Req, type Res } from './exchange.ts';
import { change, responseHeaders } from './headers.ts';
import { BodyTooLarge, type Attempt, type Outgoing } from './upstream.ts';

/** Connections, each to another endpoint; the one that was used longest ago is closed for a new one. */
const MAX_SESSIONS = 1024;
/** How long a connection is kept that has no stream, ms. */
const IDLE_MS = 60_000;

/**
 * Sends requests on as HTTP/2 without TLS to backends that say so (`kubernetes.io/h2c`, gRPC), one connection to each
 * endpoint. What httpxy does not speak: trailers, and both directions at once.
 */
export class Http2Upstream {
  private readonly sessions = new Map<string, ClientHttp2Session>();

  /** @returns when the exchange has ended; rejects with what went wrong, as far as `attempt` says */
  async send(req: Req, res: Res, out: Outgoing, attempt: Attempt): Promise<void> {
    const session = await this.sessionTo(out);
    attempt.connected = true;
    const { host, ...headers } = out.headers;
    const body = hasBody(req);
    const stream = session.request(
      {
        ...headers,
        // the one value that HTTP/2 knows, without which gRPC refuses
        te: 'trailers',
        ':method': req.method,
        ':path': out.path,
        ':scheme': 'http',
        ':authority': host,
      },
      { endStream: !body },
    );
    if (body) pour(req, stream, out.limits.maxBody);
    stream.setTimeout(out.limits.idleMs, () => {
      attempt.timedOut = true;
      stream.destroy(new Error('the backend is silent'));
    });
    res.once('close', () => stream.close(constants.NGHTTP2_CANCEL));
    await new Promise<void>((resolve, reject) => {
      stream.once('error', reject);
      stream.once('close', () => (attempt.answered ? resolve() : reject(new Error('closed without an answer'))));
      stream.once('response', (answer) => {
        attempt.answered = true;
        respond(req, res, answer, out, stream);
      });
    }).catch((error: unknown) => {
      if (attempt.answered) res.destroy();
      throw error;
    });
  }

  close(): void {
    for (const session of this.sessions.values()) session.close();
    this.sessions.clear();
  }

  private sessionTo({ address, port }: Outgoing): Promise<ClientHttp2Session> {
    const host = address.includes(':') ? `[${address}]` : address;
    const key = `${host}:${port}`;
    const known = this.sessions.get(key);
    this.sessions.delete(key);
    const session = known && !known.closed && !known.destroyed ? known : this.open(key);
    this.sessions.set(key, session);
    for (const [oldest, one] of this.sessions) {
      if (this.sessions.size <= MAX_SESSIONS) break;
      this.sessions.delete(oldest);
      one.close();
    }
    if (!session.connecting) return Promise.resolve(session);
    return new Promise((resolve, reject) => {
      session.once('connect', () => resolve(session));
      session.once('error', reject);
      session.once('close', () => reject(new Error('no connection')));
    });
  }

  private open(key: string): ClientHttp2Session {
    const session = connect(`http://${key}`);
    const gone = (): void => {
      if (this.sessions.get(key) === session) this.sessions.delete(key);
    };
    session.on('error', gone);
    session.on('goaway', gone);
    session.once('close', gone);
    session.setTimeout(IDLE_MS, () => session.close());
    return session;
  }
}

function pour(req: Req, stream: ClientHttp2Stream, maxBody: number): void {
  let size = 0;
  if (maxBody)
    req.on('data', (chunk: Buffer) => {
      if ((size += chunk.length) > maxBody) stream.destroy(new BodyTooLarge());
    });
  req.pipe(stream);
}

function respond(req: Req, res: Res, answer: IncomingHttpHeaders, out: Outgoing, stream: ClientHttp2Stream): void {
  const headers = responseHeaders(answer);
  if (out.responseChange) change(headers, out.responseChange);
  const status = Number(answer[':status'] ?? 502);
  stream.once('trailers', (trailers) => {
    const kept = responseHeaders(trailers);
    if (isHttp1(req)) (res as ServerResponse).addTrailers(flat(kept));
    else (res as Http2ServerResponse).addTrailers(kept);
  });
  if (isHttp1(req)) {
    // HTTP/1.1 has trailers only behind chunks
    (res as ServerResponse).writeHead(status, headers);
    (res as ServerResponse).flushHeaders();
  } else if (stream.readableEnded || stream.endAfterHeaders) {
    (res as Http2ServerResponse).writeHead(status, headers).end();
    return;
  } else (res as Http2ServerResponse).writeHead(status, headers);
  stream.pipe(res as ServerResponse);
}

const flat = (headers: Readonly<Record<string, string | string[]>>): [string, string][] =>
  Object.entries(headers).flatMap(([name, value]) =>
    (typeof value === 'string' ? [value] : value).map((one): [string, string] => [name, one]),
  );
