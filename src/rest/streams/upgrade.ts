import { ServerResponse, type IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import type { Target } from '../../api/contract.ts';
import { isStream } from '../../api/streams/streams.ts';
import { badRequest, StatusError } from '../../meta/status.ts';
import { isElsewhere, isForeign } from '../../rules/http/same-origin.ts';
import { translateStoreError } from '../../api/store-errors.ts';
import { upgradeAggregated } from '../aggregation/upgrade.ts';
import { identify } from '../audit.ts';
import { statusOf, PageNotFound } from '../errors.ts';
import { Exchange } from '../exchange.ts';
import { isEndpoint, upgradeToGraphQL } from '../graphql.ts';
import { ALL_FORMATS, CUSTOM_FORMATS, negotiate } from '../negotiation/negotiate.ts';
import { cookieOf } from '../pages/cookie.ts';
import { sendStatus, sendText } from '../respond.ts';
import type { ResourcePath, Route } from '../router.ts';
import { requireRoute, resolved, serve } from '../serve.ts';
import type { Services } from '../services.ts';
import { runWatch } from '../watching/serve.ts';
import { webSocketOutput } from '../watching/websocket-output.ts';
import { pipeUpgrade } from './pipe.ts';

/** What a client may send on a watch's socket: nothing but control frames, so a small bound. */
const MAX_MESSAGE = 4 * 1024;

/** Browsers open web sockets to anywhere, with their client certificate, and let the page read what comes. */
const crossSite = (): StatusError =>
  new StatusError({ message: 'a page of another site needs a token for a web socket', reason: 'Forbidden', code: 403 });

/**
 * A browser sends its session to whatever page asks, and a proxy in front may add a token to all that it passes on. One
 * that a page shows by itself is among the protocols.
 */
const hasSessionElsewhere = ({ req, byToken }: Exchange): boolean =>
  cookieOf(req) !== undefined && isElsewhere(req) && (!byToken || req.headers.authorization !== undefined);

/** A request that asks for another protocol: streams to nodes, watches over web sockets, GraphQL subscriptions. */
export async function serveUpgrade(
  services: Services,
  req: IncomingMessage,
  socket: Duplex,
  head: Buffer,
): Promise<void> {
  const res = new ServerResponse(req);
  // whatever the socket becomes, its end is the end of the exchange
  socket.once('close', () => res.emit('close'));
  const exchange = new Exchange(req, res);
  try {
    const route = await identify(services, exchange);
    if (hasSessionElsewhere(exchange)) throw crossSite();
    if (isEndpoint(services, exchange)) return await upgradeToGraphQL(services, exchange, req, socket, head);
    if (isForeign(req, exchange.byToken)) throw crossSite();
    const over = { socket, head, takeOver: () => takeOver(exchange, socket) };
    if (services.remote.any && (await upgradeAggregated(services, exchange, route, requireRoute, over))) return;
    if (route.type === 'resource') return await serveResource(services, exchange, route.path, socket, head);
    await plain(services, exchange, socket, route);
  } catch (error) {
    await refuse(services, exchange, socket, error);
  }
}

async function serveResource(
  services: Services,
  exchange: Exchange,
  path: ResourcePath,
  socket: Duplex,
  head: Buffer,
): Promise<void> {
  const { target, verb } = resolved(services, exchange, path);
  const { kind, subresource } = target;
  exchange.label = {
    verb: verb === 'get' ? 'connect' : verb,
    group: kind.group,
    version: kind.version,
    resource: kind.resource,
    subresource,
    scope: 'resource',
  };
  if (subresource !== 'log' && isStream(target)) {
    const { query, search } = exchange;
    const to = await services.api.connect(exchange, target, { verb, query, path: path.rest || '/', search });
    return pipeUpgrade(services.dialer, exchange, target, to, socket, head);
  }
  if (verb === 'watch' && exchange.header('upgrade').toLowerCase() === 'websocket')
    return watch(services, exchange, target, socket, head);
  await plain(services, exchange, socket, { type: 'resource', path });
}

/** No protocol of ours: answered as if the upgrade had not been asked for. */
async function plain(services: Services, exchange: Exchange, socket: Duplex, route: Route): Promise<void> {
  if (exchange.method !== 'GET') throw badRequest('this path has no protocol to upgrade to');
  takeOver(exchange, socket);
  await serve(services, exchange, route);
}

/** Connects the answer with the socket; one answer, then the end. */
function takeOver(exchange: Exchange, socket: Duplex): void {
  const { res } = exchange;
  res.shouldKeepAlive = false;
  res.assignSocket(socket as never);
  res.once('finish', () => socket.end());
}

async function watch(
  services: Services,
  exchange: Exchange,
  target: Target,
  socket: Duplex,
  head: Buffer,
): Promise<void> {
  const media = negotiate(exchange.header('accept'), target.kind.custom ? CUSTOM_FORMATS : ALL_FORMATS, false, {
    transforms: true,
  });
  const server = new WebSocketServer({ noServer: true, maxPayload: MAX_MESSAGE });
  await runWatch(services, exchange, target, media, () => {
    let output: ReturnType<typeof webSocketOutput> | undefined;
    // with a socket at hand the handshake is done before this returns
    server.handleUpgrade(exchange.req, socket, head, (client) => {
      client.on('error', () => client.terminate());
      exchange.audit?.started(101);
      output = webSocketOutput(client, media.format === 'protobuf');
    });
    if (!output) throw badRequest('the web socket handshake failed');
    return output;
  });
}

async function refuse(services: Services, exchange: Exchange, socket: Duplex, error: unknown): Promise<void> {
  if (!(error instanceof PageNotFound)) exchange.audit?.failed(translateStoreError(error));
  if (socket.destroyed) return;
  if (exchange.res.socket || exchange.res.headersSent) return void socket.destroy();
  takeOver(exchange, socket);
  if (error instanceof PageNotFound) await sendText(exchange, 404, '404 page not found\n');
  else await sendStatus(exchange, statusOf(error, services.log));
}
