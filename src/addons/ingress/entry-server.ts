import { createServer, type IncomingMessage, type Server } from 'node:http';
import {
  createSecureServer,
  createServer as createHttp2Server,
  type Http2SecureServer,
  type Http2Server,
} from 'node:http2';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { SecureContext } from 'node:tls';
import { refuseUnreadable } from '../../rules/http/unreadable.ts';
import { MAX_HEADERS } from '../../rules/http/request-head.ts';
import { SERVER_TLS } from '../../rules/server-tls.ts';
import type { Entry, Req, Res } from './exchange.ts';
import type { Proxy } from './proxy.ts';

/** Of a request's head; nginx and most backends take no more. */
const MAX_HEADER_BYTES = 32 * 1024;
/** The head must be there in this time, and so must a TLS handshake, ms. */
const HEAD_MS = 15_000;
/** How long a connection may wait for its next request, ms. */
const KEEP_ALIVE_MS = 75_000;
const MAX_CONNECTIONS = 16_384;
/** Requests at once on one HTTP/2 connection. */
const MAX_STREAMS = 128;
/** How HTTP/2 begins on a connection without TLS. */
const PREFACE = Buffer.from('PRI * HTTP/2.0');

const HTTP2 = {
  maxHeaderListPairs: MAX_HEADERS,
  settings: { maxConcurrentStreams: MAX_STREAMS, maxHeaderListSize: MAX_HEADER_BYTES, enableConnectProtocol: false },
};
const HTTP1 = {
  maxHeaderSize: MAX_HEADER_BYTES,
  headersTimeout: HEAD_MS,
  requestTimeout: 0,
  keepAliveTimeout: KEEP_ALIVE_MS,
};

export interface EntryTls {
  /** PEM, for clients that name no server */
  cert: string;
  key: string;
  contextFor(servername: string): SecureContext;
}

/** One port of the proxy: HTTP/1.1 and HTTP/2, with TLS or without. */
export class EntryServer {
  private readonly server: Server | Http2SecureServer;
  private readonly plainHttp2: Http2Server | undefined;
  private readonly sockets = new Set<Socket>();
  private readonly sessions = new Set<{ close(): void }>();
  private readonly upgraded = new Set<Duplex>();
  private running = 0;
  private stopping = false;
  private idle: (() => void) | undefined;

  /** @param tls none: without */
  constructor(
    private readonly proxy: Pick<Proxy, 'handle' | 'upgrade'>,
    private readonly entry: Entry,
    tls?: EntryTls,
  ) {
    const handle = (req: Req, res: Res): void => this.take(req, res);
    if (tls) {
      this.server = createSecureServer({
        ...SERVER_TLS,
        ...HTTP2,
        ...HTTP1,
        allowHTTP1: true,
        handshakeTimeout: HEAD_MS,
        cert: tls.cert,
        key: tls.key,
        SNICallback: (name, done) => done(null, tls.contextFor(name)),
      });
      this.server.on('request', handle);
    } else {
      const plain = createHttp2Server(HTTP2, handle);
      this.plainHttp2 = plain;
      this.server = createServer(HTTP1, handle);
      this.byPreface(this.server, plain);
    }
    for (const each of [this.server, this.plainHttp2]) {
      each?.on('session', (session) => {
        this.sessions.add(session);
        session.once('close', () => this.sessions.delete(session));
        session.on('error', () => session.destroy());
        session.setTimeout(KEEP_ALIVE_MS, () => session.close());
      });
    }
    this.server.maxConnections = MAX_CONNECTIONS;
    this.server.on('connection', (socket: Socket) => {
      this.sockets.add(socket);
      socket.setNoDelay(true);
      socket.once('close', () => this.sockets.delete(socket));
      socket.on('error', () => socket.destroy());
    });
    this.server.on('clientError', refuseUnreadable);
    this.server.on('upgrade', (req: IncomingMessage, socket: Duplex, head: Buffer) => {
      this.upgraded.add(socket);
      socket.once('close', () => this.upgraded.delete(socket));
      void this.proxy.upgrade(req, socket, head, this.entry);
    });
  }

  /** @returns the port; rejects where the address cannot be had */
  async listen(port: number, address: string): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(port, address, () => {
        this.server.off('error', reject);
        this.server.on('error', () => undefined);
        resolve();
      });
    });
    return (this.server.address() as AddressInfo).port;
  }

  /** Takes no new connections, and lets what runs end; after `graceMs` cuts what is left. */
  async close(graceMs: number): Promise<void> {
    this.stopping = true;
    this.server.close();
    for (const session of this.sessions) session.close();
    for (const socket of this.upgraded) socket.destroy();
    if (this.running) {
      const timer = setTimeout(() => this.idle?.(), graceMs);
      await new Promise<void>((resolve) => (this.idle = resolve));
      clearTimeout(timer);
    }
    for (const socket of this.sockets) socket.destroy();
  }

  private take(req: Req, res: Res): void {
    this.running++;
    if (this.stopping && 'shouldKeepAlive' in res) res.shouldKeepAlive = false;
    res.once('close', () => {
      if (--this.running === 0) this.idle?.();
    });
    void this.proxy.handle(req, res, this.entry);
  }

  /** Gives connections that begin as HTTP/2 does to the server for that: gRPC without TLS knows no other way. */
  private byPreface(server: Server, plain: Http2Server): void {
    const takers = server.listeners('connection');
    server.removeAllListeners('connection');
    server.on('connection', (socket: Socket) => {
      socket.setTimeout(HEAD_MS, () => socket.destroy());
      socket.once('readable', () => {
        const first = socket.read() as Buffer | null;
        if (!first) return void socket.destroy();
        socket.setTimeout(0);
        socket.removeAllListeners('timeout');
        socket.unshift(first);
        const isHttp2 = first.subarray(0, PREFACE.length).equals(PREFACE.subarray(0, Math.max(first.length, 3)));
        if (isHttp2) plain.emit('connection', socket);
        else for (const take of takers) take.call(server, socket);
      });
    });
  }
}
