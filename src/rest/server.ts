import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  createSecureServer,
  type Http2ServerRequest,
  type Http2ServerResponse,
  type ServerHttp2Session,
} from 'node:http2';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import type { SecureContextOptions, TLSSocket } from 'node:tls';
import type { Api } from '../api/contract.ts';
import { createFlowControl, type FlowControl } from '../api/fairness/flow-control.ts';
import { BODY_TIMEOUT_MS } from '../rules/http/request-body.ts';
import { isTurnOver, nextTurn } from '../api/fairness/turns.ts';
import { SERVER_TLS } from '../rules/server-tls.ts';
import { FrontProxyAgents } from './aggregation/front-proxy-agents.ts';
import { RemoteApis } from './aggregation/remote-apis.ts';
import { Discovery } from './discovery/discovery.ts';
import { asHttp1, Exchange, streamOf } from './exchange.ts';
import { createFairness } from './fairness/fairness.ts';
import { Metrics, type MetricLines } from './health/metrics.ts';
import { Profiling } from './health/profiling.ts';
import { Identifier, type Authorities } from './identify.ts';
import { OpenApi } from './openapi/openapi.ts';
import type { Pages } from './pages/pages.ts';
import { serve } from './serve.ts';
import type { GraphQLHandler, Services, TokenIssuer, VersionInfo } from './services.ts';
import { Shares } from './watching/shares.ts';
import { NodeDialer } from './streams/dial.ts';
import { serveUpgrade } from './streams/upgrade.ts';
import type { RequestTracer } from './tracing.ts';
import { headProblem, MAX_HEADERS, upgradeProblem } from '../rules/http/request-head.ts';
import { refuseConnection, refuseHead, refuseUnreadable } from '../rules/http/unreadable.ts';

export interface RestOptions {
  api: Api & TokenIssuer;
  /** PEM. A client's certificate counts when one of the authorities signed it. */
  tls: Certificate & Authorities;
  /** PEM, shown to kubelets whose serving certificate is `clientCA`'s */
  kubeletClient: Certificate;
  /** PEM, shown to aggregated API servers */
  frontProxy: Certificate;
  /** whether the key management services that seal what is stored are well; absent where none are used */
  keyManagement?: (() => Promise<boolean>) | undefined;
  graphql?: GraphQLHandler;
  pages?: Pages;
  version?: Partial<VersionInfo>;
  /** priority and fairness; true unless said */
  fairness?: boolean;
  /** the one that other façades of this process use too; without it one is made. Closed with the server. */
  flowControl?: FlowControl;
  /** the same of what dials nodes */
  dialer?: NodeDialer;
  /** told of each request at its end; ms */
  onRequest?(exchange: Pick<Exchange, 'method' | 'origin' | 'res'>, ms: number): void;
  /** what other parts have for /metrics */
  metrics?: readonly MetricLines[];
  /** whether profiles of this thread are served */
  profiling?: boolean;
  tracer?: RequestTracer | undefined;
  clock?: { now(): number };
  log?(line: string): void;
}

/** PEM */
interface Certificate {
  key: string;
  cert: string;
}
/** What this server shows to its clients, to kubelets and to aggregated API servers. */
export interface Shown {
  serving: Certificate;
  kubeletClient: Certificate;
  frontProxy: Certificate;
}

export interface RestServer {
  /** New certificates for new connections; those that there are stay. */
  show(certificates: Partial<Shown>): void;
  /** Resolves when connections are taken; `port` 0 is a free one. */
  listen(port: number, host: string): Promise<AddressInfo>;
  /** Takes no new connections, ends watches, waits for what runs, and after `graceMs` cuts what is left. */
  close(graceMs: number): Promise<void>;
}

/** A client that does not send its headers or does not finish its handshake in this time is let go. */
const HEADERS_TIMEOUT_MS = 30_000;
/** An idle HTTP/1.1 connection is kept so long; more than Go clients' 90 s, so that it is they who close. */
const KEEP_ALIVE_MS = 120_000;
/** Of a request's head, as Go's (http.DefaultMaxHeaderBytes) */
const MAX_HEADER_BYTES = 1024 * 1024;
/** Requests at once on one HTTP/2 connection, as kube-apiserver's (informers of all kinds share one connection). */
const MAX_STREAMS = 1000;
const WINDOW = 1024 * 1024;

const VERSION: VersionInfo = { gitVersion: 'v1.35.4+ku7s', gitCommit: '', buildDate: '1970-01-01T00:00:00Z' };

/** The Kubernetes API on one TLS port. */
export function createRestServer(options: RestOptions): RestServer {
  return new Server(options);
}

class Server implements RestServer {
  private readonly services: Services;
  private readonly connections = new Set<Duplex>();
  private readonly sessions = new Set<ServerHttp2Session>();
  private readonly endings = new Set<() => void>();
  private readonly server;
  private readonly tls: SecureContextOptions;
  private readonly told: RestOptions['onRequest'];
  /** whose request came last */
  private latest: object | undefined;
  private running = 0;
  private stopping = false;
  private idle: (() => void) | undefined;

  constructor({
    api,
    tls,
    kubeletClient,
    frontProxy,
    keyManagement,
    graphql,
    pages,
    version,
    fairness = true,
    flowControl,
    dialer,
    metrics: others,
    onRequest,
    profiling = false,
    tracer,
    clock = Date,
    log = () => undefined,
  }: RestOptions) {
    const control = fairness ? (flowControl ?? createFlowControl(api.store)) : undefined;
    const metrics = new Metrics(api, [...(control ? [() => control.lines()] : []), ...(others ?? [])]);
    const agents = new FrontProxyAgents(frontProxy);
    const remote = new RemoteApis(api, agents, () => clock.now(), log);
    api.remote = remote;
    this.services = {
      api,
      graphql,
      pages,
      log,
      metrics,
      identifier: new Identifier(api, tls, () => clock.now()),
      discovery: new Discovery(api.registry),
      openapi: new OpenApi(api.registry, remote.documents),
      dialer: dialer ?? new NodeDialer({ ...kubeletClient, ca: tls.clientCA }),
      frontProxy: agents,
      remote,
      keyManagement,
      fairness: control && createFairness(control),
      profiling: profiling ? new Profiling() : undefined,
      tracer,
      version: { ...VERSION, ...version },
      ready: () => !this.stopping,
      now: () => clock.now(),
      shares: new Shares(),
      watches: {
        opened: (exchange, end) => {
          this.endings.add(end);
          const closed = metrics.watchOpened(exchange);
          return () => {
            this.endings.delete(end);
            closed();
          };
        },
        sent: (exchange, events) => metrics.watchSent(exchange, events),
      },
    };
    this.tls = { ...SERVER_TLS, ca: [tls.clientCA, tls.frontProxyCA].filter((pem) => pem !== undefined) };
    this.server = createSecureServer({
      ...this.tls,
      key: tls.key,
      cert: tls.cert,
      requestCert: true,
      rejectUnauthorized: false,
      allowHTTP1: true,
      handshakeTimeout: HEADERS_TIMEOUT_MS,
      maxHeaderListPairs: MAX_HEADERS,
      settings: { maxConcurrentStreams: MAX_STREAMS, initialWindowSize: WINDOW, maxHeaderListSize: MAX_HEADER_BYTES },
      // all watches of a client share one session, and what waits in them counts here; each is bounded by itself
      maxSessionMemory: 1024,
    });
    // of its HTTP/1.1 half, which reads them here only
    Object.assign(this.server, {
      headersTimeout: HEADERS_TIMEOUT_MS,
      keepAliveTimeout: KEEP_ALIVE_MS,
      requestTimeout: BODY_TIMEOUT_MS,
      maxHeaderSize: MAX_HEADER_BYTES,
      maxHeadersCount: MAX_HEADERS,
      insecureHTTPParser: false,
    });
    this.told = onRequest;
    this.server.on('request', (req, res) => this.onRequest(req, res));
    this.server.on('upgrade', (req: IncomingMessage, socket: Duplex, head: Buffer) =>
      this.onUpgrade(req, socket, head),
    );
    this.server.on('secureConnection', (socket: TLSSocket) => this.onConnection(socket));
    this.server.on('session', (session: ServerHttp2Session) => this.onSession(session));
    this.server.on('clientError', refuseUnreadable);
    this.server.on('sessionError', () => undefined);
    this.server.on('tlsClientError', () => undefined);
  }

  async listen(port: number, host: string): Promise<AddressInfo> {
    this.server.listen(port, host);
    await once(this.server, 'listening');
    this.services.remote.start();
    return this.server.address() as AddressInfo;
  }

  show({ serving, kubeletClient, frontProxy }: Partial<Shown>): void {
    if (serving) this.server.setSecureContext({ ...this.tls, key: serving.key, cert: serving.cert });
    if (kubeletClient) this.services.dialer.show(kubeletClient);
    if (frontProxy) this.services.frontProxy.show(frontProxy);
  }

  async close(graceMs: number): Promise<void> {
    if (this.stopping) return;
    this.stopping = true;
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    for (const end of this.endings) end();
    for (const session of this.sessions) session.close();
    await this.finished(graceMs);
    for (const session of this.sessions) session.destroy();
    for (const socket of this.connections) socket.destroy();
    await closed;
    this.services.fairness?.close();
    this.services.dialer.close();
    this.services.remote.close();
    this.services.frontProxy.close();
    this.services.metrics.close();
  }

  /** Until nothing runs, or the time is up. */
  private finished(graceMs: number): Promise<void> {
    if (this.running === 0) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, graceMs);
      this.idle = () => {
        clearTimeout(timer);
        // the last answer is handed to the connection in this turn of the loop
        setImmediate(resolve);
      };
    });
  }

  private onConnection(socket: TLSSocket): void {
    socket.setNoDelay(true);
    this.connections.add(socket);
    socket.on('error', () => undefined);
    socket.once('close', () => this.connections.delete(socket));
  }

  private onSession(session: ServerHttp2Session): void {
    this.sessions.add(session);
    session.setLocalWindowSize?.(4 * WINDOW);
    session.on('error', () => undefined);
    session.once('close', () => this.sessions.delete(session));
  }

  private onRequest(
    request: IncomingMessage | Http2ServerRequest,
    response: ServerResponse | Http2ServerResponse,
  ): void {
    const { req, res } = asHttp1(request, response);
    const problem = streamOf(req) ? undefined : headProblem(req);
    if (problem) return refuseHead(problem, res);
    const exchange = new Exchange(req, res);
    this.running++;
    if (this.stopping && req.httpVersionMajor === 1) res.setHeader('Connection', 'close');
    const began = performance.now();
    const release = this.services.metrics.began(exchange);
    res.once('close', () => {
      const ms = performance.now() - began;
      release(ms);
      this.told?.(exchange, ms);
      if (--this.running === 0) this.idle?.();
    });
    req.on('error', () => undefined);
    res.on('error', () => undefined);
    const connection = streamOf(req)?.session ?? req.socket;
    // a thousand may come in one packet: those of other connections do not wait behind them
    const crowd = connection === this.latest && isTurnOver();
    this.latest = connection;
    if (crowd) void nextTurn().then(() => serve(this.services, exchange));
    else void serve(this.services, exchange);
  }

  private onUpgrade(req: IncomingMessage, socket: Duplex, head: Buffer): void {
    const problem = upgradeProblem(req);
    if (problem) return refuseConnection(problem, socket);
    this.running++;
    socket.once('close', () => {
      if (--this.running === 0) this.idle?.();
    });
    socket.on('error', () => undefined);
    void serveUpgrade(this.services, req, socket, head);
  }
}
