import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { goTransportError } from '../../api/webhooks/transport-error.ts';
import type { Endpoint } from '../../api/streams/ready-endpoint.ts';
import type { Attributes } from '../../api/contract.ts';
import type { Exchange } from '../exchange.ts';
import { sendJson, sendText } from '../respond.ts';
import { V3 } from '../openapi/openapi.ts';
import type { Route } from '../router.ts';
import type { Services } from '../services.ts';
import { framing, sendBody } from '../streams/body.ts';
import { forwardedFor } from '../streams/forwarded-for.ts';
import { answerHeaders, requestHeaders } from '../streams/headers.ts';
import { pass } from '../streams/pass.ts';
import { inSandbox } from '../streams/sandbox.ts';
import { identityHeaders } from './identity-headers.ts';
import { endpointOf, remoteOf, type RemoteSpec } from './locate.ts';

const UNAVAILABLE = 503;
/** A server that does not begin to answer in this time is taken for unreachable. Bodies and watches may last. */
export const ANSWER_MS = 60_000;

export type Authorize = (services: Services, exchange: Exchange, route: Route) => Attributes;

/** Headers of the caller go on, but for those by which it could pass for somebody else. */
export function headersOf(exchange: Exchange, host: string, own: OutgoingHttpHeaders): OutgoingHttpHeaders {
  return { ...own, ...forwardedFor(exchange), ...identityHeaders(exchange.user), host };
}

export const isRedirect = ({ statusCode = 0, headers }: IncomingMessage): boolean =>
  statusCode >= 300 && statusCode <= 399 && headers.location !== undefined;

/** The head of what the server at this address answers. Rejects with Error where it does not. */
function ask(
  { frontProxy }: Services,
  exchange: Exchange,
  spec: RemoteSpec,
  { host, port }: Endpoint,
): Promise<IncomingMessage> {
  const servername = `${spec.service.name}.${spec.service.namespace}.svc`;
  const { req, res, method } = exchange;
  return new Promise<IncomingMessage>((resolve, reject) => {
    const request = httpsRequest({
      host,
      port,
      servername,
      method,
      path: req.url,
      agent: frontProxy.to(spec),
      headers: headersOf(exchange, `${servername}:${port}`, { ...requestHeaders(req.headers), ...framing(req) }),
    });
    const timer = setTimeout(() => request.destroy(new Error(`${servername} does not answer`)), ANSWER_MS);
    request.once('response', resolve);
    request.once('upgrade', (_answer, socket) => {
      socket.destroy();
      reject(new Error('it switches protocols, which nobody asked for'));
    });
    request.once('error', reject);
    for (const event of ['response', 'close']) request.once(event, () => clearTimeout(timer));
    res.once('close', () => request.destroy());
    const headers = request.getHeaders();
    if (headers['connection'] === 'close') request.shouldKeepAlive = false;
    sendBody(req, request);
  });
}

async function proxy(
  services: Services,
  exchange: Exchange,
  spec: RemoteSpec,
  { host, port }: Endpoint,
): Promise<void> {
  const { res } = exchange;
  let answer: IncomingMessage;
  try {
    answer = await ask(services, exchange, spec, { host: await services.api.locate(host, port), port });
  } catch (error) {
    services.log(`aggregation: ${spec.version}.${spec.group}: ${(error as Error).message}`);
    return sendText(exchange, UNAVAILABLE, `error trying to reach service: ${goTransportError(error as Error)}\n`);
  }
  if (isRedirect(answer)) {
    answer.destroy();
    return sendText(exchange, 502, 'the backend attempted to redirect this request, which is not permitted');
  }
  res.writeHead(answer.statusCode ?? 502, inSandbox(exchange, answerHeaders(answer.headers)));
  await pass(exchange, answer);
}

/** Of whom the path is. */
export function placeOf(route: Route): { group?: string; version?: string } {
  if (route.type === 'other') return {};
  const { group, version } = route.type === 'resource' ? route.path : route;
  return { group, version: version ?? '' };
}

/**
 * Answers a request whose group and version belong to another API server; false where they do not.
 * @param authorize answers with the right to ask, and throws where the caller may not
 */
export async function serveAggregated(
  services: Services,
  exchange: Exchange,
  route: Route,
  authorize: Authorize,
): Promise<boolean> {
  const { group, version } = placeOf(route);
  if (group && !version) return serveGroup(services, exchange, route, group, authorize);
  const spec = group ? remoteOf(services.api, group, version ?? '') : documentOwner(services, exchange, route);
  if (!spec) return false;
  const right = authorize(services, exchange, route);
  // what the other server says may last: it knows nothing of rights that end here
  exchange.res.once(
    'close',
    services.api.hold(exchange, [right], () => exchange.res.destroy()),
  );
  const endpoint = endpointOf(services.api, spec);
  if (endpoint) await proxy(services, exchange, spec, endpoint);
  else await sendText(exchange, UNAVAILABLE, 'service unavailable\n');
  return true;
}

/** Who has what is asked for, where that is a document of OpenAPI version 3 that this server has not. */
function documentOwner({ openapi, remote }: Services, { method, pathname }: Exchange, route: Route) {
  if (route.type !== 'other' || method !== 'GET' || !pathname.startsWith(`${V3}/`)) return undefined;
  const path = pathname.slice(V3.length + 1);
  return openapi.third(path.replace(/\/$/, '')) ? undefined : remote.documents.ownerOf(path);
}

/** `/apis/GROUP` of a group that only other servers have. */
async function serveGroup(
  services: Services,
  exchange: Exchange,
  route: Route,
  group: string,
  authorize: Authorize,
): Promise<boolean> {
  const { api, remote } = services;
  if (exchange.method !== 'GET' || api.registry.groups().some((g) => g.group === group)) return false;
  const versions = remote.versions(group).map((version) => ({ groupVersion: `${group}/${version}`, version }));
  if (versions.length === 0) return false;
  authorize(services, exchange, route);
  await sendJson(exchange, 200, {
    kind: 'APIGroup',
    apiVersion: 'v1',
    name: group,
    versions,
    preferredVersion: versions[0],
  });
  return true;
}
