import http2 from 'node:http2';
import https from 'node:https';
import tls from 'node:tls';
import type { FuzzRequest } from './requests.ts';
import { the } from '../../support/at.ts';

export interface FuzzAnswer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: Buffer;
  /** the client stopped reading: a watch or a stream that would have gone on */
  cut: boolean;
}

/** An answer that has not ended by then is one without end: what came is looked at. */
const READ_MS = 150;
const WATCHES = /[?&]watch\b|\/watch\/|[?&]follow=/;
/** Nothing may take longer. */
const LIMIT_MS = 20_000;

/** Sends requests in the ways of clients and in some that no client has. */
export class Wire {
  private readonly agent = new https.Agent({ rejectUnauthorized: false, keepAlive: true, maxSockets: 32 });
  private session: http2.ClientHttp2Session | undefined;

  constructor(
    private readonly server: URL,
    private readonly token: string,
  ) {}

  close(): void {
    this.agent.destroy();
    this.session?.destroy();
  }

  send(request: FuzzRequest): Promise<FuzzAnswer> {
    if (request.wire === 'http2') return this.http2(request);
    return request.wire === 'raw' ? this.raw(request) : this.http1(request);
  }

  private http1({ method, path, headers, body }: FuzzRequest): Promise<FuzzAnswer> {
    return new Promise((resolve, reject) => {
      const all = { authorization: `Bearer ${this.token}`, ...headers, ...(body && { 'content-length': body.length }) };
      const request = https.request(
        { host: this.server.hostname, port: this.server.port, agent: this.agent, method, path, headers: all },
        (res) => {
          const chunks: Buffer[] = [];
          const done = (cut: boolean) => {
            clearTimeout(timer);
            resolve({ status: res.statusCode ?? 0, headers: res.headers, body: Buffer.concat(chunks), cut });
            if (cut) res.destroy();
          };
          const timer = setTimeout(() => done(true), WATCHES.test(path) ? READ_MS : LIMIT_MS);
          res.on('data', (chunk: Buffer) => chunks.push(chunk));
          res.once('end', () => done(false));
          res.once('error', () => done(true));
        },
      );
      request.setTimeout(LIMIT_MS, () => request.destroy(new Error(`no answer in ${LIMIT_MS} ms`)));
      // the server may answer and close before it has read a body that it will not take
      request.on('error', reject);
      request.end(body);
    });
  }

  private http2({ method, path, headers, body }: FuzzRequest): Promise<FuzzAnswer> {
    if (!this.session || this.session.closed || this.session.destroyed) {
      this.session = http2.connect(this.server.origin, { rejectUnauthorized: false });
      this.session.on('error', () => undefined);
    }
    const { expect: _, ...allowed } = headers;
    const stream = this.session.request(
      { ':method': method, ':path': path, authorization: `Bearer ${this.token}`, ...allowed },
      { endStream: body === undefined },
    );
    return new Promise((resolve, reject) => {
      const chunks: Buffer[] = [];
      let head: http2.IncomingHttpHeaders = {};
      const done = (cut: boolean) => {
        clearTimeout(timer);
        resolve({ status: Number(head[':status'] ?? 0), headers: head, body: Buffer.concat(chunks), cut });
        if (cut) stream.close(http2.constants.NGHTTP2_CANCEL);
      };
      let timer = setTimeout(() => done(true), LIMIT_MS);
      stream.on('response', (answer) => {
        head = answer;
        clearTimeout(timer);
        timer = setTimeout(() => done(true), WATCHES.test(path) ? READ_MS : LIMIT_MS);
      });
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.once('end', () => done(false));
      stream.once('error', (error) => {
        clearTimeout(timer);
        // headers beyond what the server takes
        if (error.message.includes('REFUSED_STREAM') && path.length > 16_000)
          return resolve({ status: 431, headers: {}, body: Buffer.alloc(0), cut: false });
        reject(error);
      });
      if (body) stream.end(body);
    });
  }

  /** Bytes that break the protocol somewhere. A closed connection is an answer too (status 0). */
  private raw({ number, method, path, headers, body = Buffer.alloc(0) }: FuzzRequest): Promise<FuzzAnswer> {
    const lines = Object.entries({ host: 'x', authorization: `Bearer ${this.token}`, ...headers }).map(
      ([name, value]) => `${name}: ${value}`,
    );
    const head = (first: string, more: string[]) =>
      Buffer.from([first, ...lines, ...more, '', ''].join('\r\n'), 'latin1');
    const line = `${method} ${path} HTTP/1.1`;
    const forms: (() => Buffer)[] = [
      () => Buffer.concat([head(line, [`content-length: ${body.length + 10}`]), body]),
      () => Buffer.concat([head(line, [`content-length: ${Math.max(0, body.length - 10)}`]), body]),
      () => Buffer.concat([head(line, ['content-length: -1']), body]),
      () => Buffer.concat([head(line, ['content-length: 5', 'content-length: 6']), body]),
      () => Buffer.concat([head(line, ['transfer-encoding: chunked', 'content-length: 5']), body]),
      () =>
        Buffer.concat([
          head(line, ['transfer-encoding: chunked']),
          Buffer.from(`${body.length.toString(16)}\r\n`),
          body,
          Buffer.from('\r\n0\r\n\r\n'),
        ]),
      () => Buffer.concat([head(line, ['transfer-encoding: chunked']), Buffer.from('zz\r\n'), body]),
      () => Buffer.concat([head(line, ['transfer-encoding: gzip, chunked']), body]),
      () => head(`${method} ${path} HTTP/9.9`, []),
      () => head(`${method}${path}`, []),
      () => head(line, [`x: ${'y'.repeat(70_000)}`]),
      () => head(line, ['bad header line']),
      () =>
        head(line, ['connection: upgrade', 'upgrade: websocket', 'sec-websocket-key: x', 'sec-websocket-version: 13']),
      () => head(line, ['connection: upgrade', 'upgrade: SPDY/3.1']),
      () =>
        Buffer.concat([
          head(line, ['connection: upgrade', 'upgrade: h2c', 'http2-settings: AAMAAABkAARAAAAAAAIAAAAA']),
        ]),
      () => Buffer.concat([Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), body]),
    ];
    return exchangeBytes(this.server, the(forms[number % forms.length])());
  }
}

/** Writes bytes on a connection of their own, then nothing more; reads what comes until the server closes or is silent. */
export function exchangeBytes(server: URL, bytes: Buffer, silenceMs = 400): Promise<FuzzAnswer> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    const socket = tls.connect(
      { host: server.hostname, port: Number(server.port), rejectUnauthorized: false, ALPNProtocols: ['http/1.1'] },
      () => socket.write(bytes),
    );
    const done = () => {
      clearTimeout(timer);
      socket.destroy();
      const text = Buffer.concat(chunks);
      resolve({
        status: Number(/^HTTP\/1\.1 (\d+)/.exec(text.subarray(0, 20).toString('latin1'))?.[1] ?? 0),
        headers: {},
        body: text,
        cut: true,
      });
    };
    const timer = setTimeout(done, silenceMs);
    socket.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      timer.refresh();
    });
    socket.on('error', done);
    socket.once('close', done);
  });
}
