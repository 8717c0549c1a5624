import { constants } from 'node:http2';
import { requireAttributes } from '../api/authorization/attributes.ts';
import { isStream } from '../api/streams/streams.ts';
import { badRequest, isStatusError, methodNotAllowedHere } from '../meta/status.ts';
import type { Attributes } from '../api/contract.ts';
import { translateStoreError } from '../api/store-errors.ts';
import { serveAggregated } from './aggregation/serve.ts';
import { attributesOf } from './attributes.ts';
import { identify } from './audit.ts';
import { serveDiscovery } from './discovery/serve.ts';
import { PageNotFound, statusOf } from './errors.ts';
import { streamOf, type Exchange } from './exchange.ts';
import { isGraphQL, serveGraphQL } from './graphql.ts';
import { serveOther } from './other.ts';
import type { Services } from './services.ts';
import { sendStatus, sendText } from './respond.ts';
import { dispatch } from './resources/dispatch.ts';
import { boolParam } from './resources/query.ts';
import { resolve, type Resolved } from './resources/resolve.ts';
import type { ResourcePath, Route } from './router.ts';
import { durationError, parseDuration } from '../go/duration.ts';
import { traceRequest } from './tracing.ts';
import { serveStream } from './streams/serve.ts';

/**
 * May the caller ask for this route, whatever it leads to? The right that it is, or throws 403: nobody learns what exists
 * where he may not go.
 */
export function requireRoute({ api }: Services, exchange: Exchange, route: Route): Attributes {
  const right = attributesOf(exchange, route);
  requireAttributes(api, exchange, right);
  return right;
}

/** Verbs whose requests may have a body. */
const WRITES: ReadonlySet<string> = new Set(['create', 'update', 'patch', 'delete', 'deletecollection']);
const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']);
/** Proxies pass on what browsers ask before they ask. */
const PROXY_METHODS = new Set([...METHODS, 'OPTIONS']);

/** Kind and verb of a resource route, or what the caller may know of its absence. */
export function resolved(services: Services, exchange: Exchange, path: ResourcePath): Resolved {
  try {
    const methods = path.subresource === 'proxy' ? PROXY_METHODS : METHODS;
    if (!methods.has(exchange.method)) throw methodNotAllowedHere();
    return resolve(services.api.registry, path, exchange.method, boolParam(exchange.query, 'watch') ?? false);
  } catch (error) {
    requireRoute(services, exchange, { type: 'resource', path });
    throw error;
  }
}

/** `timeout` is checked for every request that is not meant to last; what exceeds it is the client's own affair. */
function checkTimeout(exchange: Exchange): void {
  const timeout = exchange.query.get('timeout');
  if (!timeout) return;
  const ms = parseDuration(timeout);
  if (ms === undefined) throw badRequest(`invalid timeout specified in the request URL - ${durationError(timeout)}`);
}

async function serveResource(services: Services, exchange: Exchange, path: ResourcePath): Promise<void> {
  const found = resolved(services, exchange, path);
  const { kind, subresource } = found.target;
  exchange.label = {
    verb: found.verb,
    group: kind.group,
    version: kind.version,
    resource: kind.resource,
    subresource,
    scope: found.target.name ? 'resource' : found.target.namespace ? 'namespace' : 'cluster',
  };
  if (subresource && isStream(found.target)) return serveStream(services, exchange, found, path.rest);
  if (found.verb !== 'watch') checkTimeout(exchange);
  const release = await services.fairness?.admit(exchange, attributesOf(exchange, { type: 'resource', path }));
  try {
    // a watch gives its seat back when it has begun; nothing else can be waited for there
    if (found.verb === 'watch') release?.();
    // who may not write is not listened to: a body may be long, and may never come
    if (WRITES.has(found.verb)) requireRoute(services, exchange, { type: 'resource', path });
    await dispatch(services, exchange, found);
  } finally {
    release?.();
  }
}

/**
 * One request from identity to answer. Never throws: whatever goes wrong becomes the answer.
 * @param known its route, where it is known already who asks
 */
export async function serve(services: Services, exchange: Exchange, known?: Route): Promise<void> {
  await answer(services, exchange, known);
  letGo(exchange);
}

/** ms that the rest of a body may take whose request has been answered */
const REST_MS = 30_000;

/** Nobody reads what is left of a body, and nobody waits for its end for long. */
function letGo({ req }: Exchange): void {
  // it would stay counted against what the whole HTTP/2 connection may send
  req.resume();
  const stream = streamOf(req);
  if (!stream || stream.endAfterHeaders || req.complete) return;
  // not at once: what is on its way for a stream that has ended counts as an attack on the connection
  const late = setTimeout(() => stream.close(constants.NGHTTP2_NO_ERROR), REST_MS);
  stream.once('close', () => clearTimeout(late));
}

async function answer(services: Services, exchange: Exchange, known: Route | undefined): Promise<void> {
  try {
    const route = known ?? (await identify(services, exchange));
    if (services.tracer) traceRequest(services.tracer, exchange, attributesOf(exchange, route));
    if (services.remote.any && (await serveAggregated(services, exchange, route, requireRoute))) return;
    if (route.type === 'resource') await serveResource(services, exchange, route.path);
    else if (isGraphQL(services, exchange)) await serveGraphQL(services, exchange);
    else {
      requireRoute(services, exchange, route);
      if (route.type === 'discovery') await serveDiscovery(services, exchange, route);
      else await serveOther(services, exchange);
    }
  } catch (error) {
    try {
      await answerError(services, exchange, error);
    } catch (unsent) {
      // what cannot be said over HTTP must not keep the client waiting
      services.log(`rest: ${exchange.method} ${exchange.pathname}: ${(unsent as Error).message}`);
      exchange.res.destroy();
    }
  }
}

async function answerError(services: Services, exchange: Exchange, error: unknown): Promise<void> {
  const { res } = exchange;
  if (!(error instanceof PageNotFound)) exchange.audit?.failed(translateStoreError(error));
  if (res.headersSent) {
    // half an answer cannot be taken back; an unexpected end tells the client
    services.log(`rest: ${exchange.method} ${exchange.pathname}: ${(error as Error).message}`);
    res.destroy();
    return;
  }
  if (exchange.gone) return;
  if (error instanceof PageNotFound) return sendText(exchange, 404, '404 page not found\n');
  const status = statusOf(error, services.log);
  if (isStatusError(status, 'RequestEntityTooLarge') && exchange.req.httpVersionMajor === 1)
    res.setHeader('Connection', 'close');
  await sendStatus(exchange, status);
}
