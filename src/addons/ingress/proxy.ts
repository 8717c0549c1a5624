import { ServerResponse, type IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Clock } from '../../rules/clock.ts';
import { upgradeProblem } from '../../rules/http/request-head.ts';
import { refuseConnection, refuseHead } from '../../rules/http/unreadable.ts';
import { Balancer } from './balancer.ts';
import { Dispatcher, type DispatcherOptions } from './dispatcher.ts';
import { answer, hasBody, hear, isHttp1, type Entry, type Heard, type Req, type Res } from './exchange.ts';
import { change, requestHeaders, type Headers } from './headers.ts';
import { Http1Upstream } from './http1-upstream.ts';
import { Http2Upstream } from './http2-upstream.ts';
import { mirror } from './mirror.ts';
import { Refusal, refusalOf } from './refusal.ts';
import { locationOf, rewritten } from './rewrite.ts';
import type { Action, Backend, Filters } from './route.ts';
import { upgrade } from './upgrade.ts';
import type { Outgoing } from './upstream.ts';

export interface ProxyOptions extends Omit<DispatcherOptions, 'balancer'> {
  clock: Clock;
  random(): number;
  /** hears one line of each request, where somebody wants them */
  access?: ((line: Record<string, unknown>) => void) | undefined;
}

type Forward = Extract<Action, { kind: 'forward' }>;
/** A request on its way, but for the endpoint. */
type Prepared = Omit<Outgoing, 'address' | 'port'>;

/** No protocols of their own, but HTTP in another version: an offer that a server may leave unheard (RFC 9110, 7.8). */
const ONLY_HTTP = /^(h2c?|http\/.*|tls\/.*)$/i;
/** Methods whose request may be sent twice (RFC 9110, 9.2.2). */
const IDEMPOTENT = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE']);
/** Keeps the method, so a form that was posted to http is posted to https. */
const TO_TLS = { scheme: 'https', status: 308 } as const;

/** Leads requests from outside to the endpoints of Services, as the routes of their port say. */
export class Proxy {
  private readonly http1: Http1Upstream;
  private readonly http2 = new Http2Upstream();
  private readonly balancer: Balancer;
  private readonly dispatcher: Dispatcher;

  constructor(private readonly options: ProxyOptions) {
    this.http1 = new Http1Upstream(options.clock);
    this.balancer = new Balancer(() => options.random());
    this.dispatcher = new Dispatcher({ ...options, balancer: this.balancer });
  }

  /** Answers one request. */
  async handle(req: Req, res: Res, entry: Entry): Promise<void> {
    const { traffic, clock, access } = this.options;
    const began = clock.now();
    const heard = hear(req, entry);
    traffic.began();
    res.once('close', () => {
      const status = res.headersSent ? res.statusCode : 0;
      traffic.ended(status);
      if (access && typeof heard !== 'string') access(lineOf(heard, status, clock.now() - began));
    });
    res.on('error', () => undefined);
    if (typeof heard === 'string') {
      if (isHttp1(req)) refuseHead(heard, res as ServerResponse);
      else answer(res, Number(heard.slice(0, 3)), heard.slice(4));
      return;
    }
    try {
      await this.serve(req, res, heard, entry);
    } catch (error) {
      const { status, message } = refusalOf(error);
      if (!res.destroyed && !res.writableEnded) answer(res, status, message);
    }
  }

  /** Answers one request that asks for another protocol on its connection. */
  async upgrade(req: IncomingMessage, socket: Duplex, head: Buffer, entry: Entry): Promise<void> {
    socket.on('error', () => socket.destroy());
    const heard = upgradeProblem(req) ?? hear(req, entry);
    if (typeof heard === 'string') return refuseConnection(heard, socket);
    const { action } = entry.routes().find(heard.asked) ?? {};
    if (ONLY_HTTP.test(req.headers.upgrade ?? '') || action?.kind !== 'forward' || mustBeTls(action, entry))
      return this.ordinary(req, socket, entry);
    this.options.traffic.upgraded();
    try {
      const backend = this.backendOf(action);
      const prepared = prepare(heard, action, backend);
      await this.dispatcher.send(
        backend,
        false,
        () => !socket.destroyed,
        (place, _, attempt) => upgrade(req, socket, head, { ...prepared, ...place }, attempt, this.options.clock),
      );
    } catch (error) {
      const { status, message } = refusalOf(error);
      if (socket.writable) refuseConnection(`${status} ${message}`, socket);
    }
  }

  close(): void {
    this.http1.close();
    this.http2.close();
  }

  /** Node has given the connection away: it is answered as if nothing but HTTP/1.1 had been asked for, and closed. */
  private ordinary(req: IncomingMessage, socket: Duplex, entry: Entry): Promise<void> {
    const res = new ServerResponse(req);
    res.shouldKeepAlive = false;
    res.assignSocket(socket as Socket);
    res.once('finish', () => socket.end());
    return this.handle(req, res, entry);
  }

  private async serve(req: Req, res: Res, heard: Heard, entry: Entry): Promise<void> {
    const { action } = entry.routes().find(heard.asked) ?? {};
    if (!action) throw new Refusal(404, 'Not Found');
    if (action.kind === 'refuse') throw new Refusal(action.status, action.reason);
    if (action.kind === 'redirect') return redirect(res, action, heard);
    if (mustBeTls(action, entry)) {
      const port = entry.tlsPort;
      return redirect(res, { kind: 'redirect', redirect: { ...TO_TLS, port }, filters: {} }, heard);
    }
    const { maxBody, totalMs } = action.limits;
    if (maxBody && Number(req.headers['content-length'] ?? 0) > maxBody) throw new Refusal(413, 'Content Too Large');
    const timer = totalMs
      ? this.options.clock.setTimeout(() => answer(res, 504, 'Gateway Timeout'), totalMs)
      : undefined;
    try {
      await this.forward(req, res, heard, action);
    } finally {
      this.options.clock.clearTimeout(timer);
    }
  }

  private async forward(req: Req, res: Res, heard: Heard, action: Forward): Promise<void> {
    const backend = this.backendOf(action);
    const prepared = prepare(heard, action, backend);
    for (const copy of [...(action.filters.mirrors ?? []), ...(backend.filters?.mirrors ?? [])])
      if (this.options.random() < copy.share) void this.copy(req, copy, prepared);
    const mayRepeat = !hasBody(req) && IDEMPOTENT.has(heard.asked.method);
    const isWanted = (): boolean => !res.destroyed && !res.writableEnded;
    await this.dispatcher.send(backend, mayRepeat, isWanted, (place, protocol, attempt) =>
      (protocol === 'h2c' ? this.http2 : this.http1).send(req, res, { ...prepared, ...place }, attempt),
    );
  }

  private copy(req: Req, backend: Backend, prepared: Prepared): Promise<void> {
    const send = (place: { address: string; port: number }): Promise<void> =>
      Promise.resolve(mirror(req, { ...prepared, ...place }));
    return this.dispatcher.send(backend, false, () => true, send).catch(() => undefined);
  }

  private backendOf({ backends }: Forward): Backend {
    const backend = this.balancer.choose(backends);
    if (!backend) throw new Refusal(500, 'no backend has a weight');
    return backend;
  }
}

const mustBeTls = ({ onlyTls }: Forward, entry: Entry): boolean => onlyTls === true && !entry.tls;

/** The request as the backend gets it: with the changes of the route, then those of the backend. */
function prepare({ asked, origin }: Heard, { filters, limits }: Forward, backend: Backend): Prepared {
  const headers = requestHeaders(asked.headers, origin);
  let { path } = asked;
  const all: Filters[] = backend.filters ? [filters, backend.filters] : [filters];
  const answers = all.flatMap(({ response }) => response ?? []);
  for (const { request, host, path: to } of all) {
    if (request) change(headers, request);
    if (host) headers.host = host;
    path = rewritten(path, to);
  }
  const responseChange = answers[1]
    ? {
        set: answers.flatMap(({ set }) => set),
        add: answers.flatMap(({ add }) => add),
        remove: answers.flatMap(({ remove }) => remove),
      }
    : answers[0];
  return { path: path + asked.search, headers, limits, responseChange };
}

function redirect(res: Res, { redirect: to, filters }: Extract<Action, { kind: 'redirect' }>, heard: Heard): void {
  const headers: Headers = { location: locationOf(to, heard) };
  if (filters.response) change(headers, filters.response);
  answer(res, to.status, '', headers);
}

const lineOf = ({ asked, origin }: Heard, status: number, ms: number): Record<string, unknown> => ({
  client: origin.address,
  method: asked.method,
  host: asked.host,
  path: asked.path,
  status,
  ms,
});
