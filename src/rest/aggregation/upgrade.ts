import { request as httpsRequest } from 'node:https';
import { pipeline } from 'node:stream/promises';
import type { Duplex } from 'node:stream';
import { goTransportError } from '../../api/webhooks/transport-error.ts';
import { badRequest, StatusError } from '../../meta/status.ts';
import type { Exchange } from '../exchange.ts';
import type { Route } from '../router.ts';
import type { Services } from '../services.ts';
import { hasBody } from '../streams/body.ts';
import { answerHeaders, upgradeHeaders } from '../streams/headers.ts';
import { switchProtocols } from '../streams/pipe.ts';
import { inSandbox } from '../streams/sandbox.ts';
import { endpointOf, remoteOf } from './locate.ts';
import { ANSWER_MS, headersOf, isRedirect, placeOf, type Authorize } from './serve.ts';

const unavailable = (message: string): StatusError =>
  new StatusError({ message, reason: 'ServiceUnavailable', code: 503 });

/**
 * Web sockets and SPDY to another API server: what it switches to is between the client and it. False where the path is
 * none of an aggregated group. What it answers in place of switching goes on to the client.
 * @param takeOver connects the exchange's answer with the socket
 */
export async function upgradeAggregated(
  services: Services,
  exchange: Exchange,
  route: Route,
  authorize: Authorize,
  { socket, head, takeOver }: { socket: Duplex; head: Buffer; takeOver: () => void },
): Promise<boolean> {
  const { api } = services;
  const { group, version } = placeOf(route);
  const spec = group && version ? remoteOf(api, group, version) : undefined;
  if (!spec) return false;
  const right = authorize(services, exchange, route);
  if (hasBody(exchange.req)) throw badRequest('a request for another protocol has no body');
  api.openStream({ user: exchange.user, signal: exchange.signal });
  const endpoint = endpointOf(api, spec);
  if (!endpoint) throw unavailable('service unavailable');
  const failed = (error: Error): StatusError => {
    services.log(`aggregation: ${spec.version}.${spec.group}: ${error.message}`);
    return unavailable(`error trying to reach service: ${goTransportError(error)}`);
  };
  const host = await api.locate(endpoint.host, endpoint.port).catch((error: unknown) => {
    throw failed(error as Error);
  });
  const servername = `${spec.service.name}.${spec.service.namespace}.svc`;
  const request = httpsRequest({
    host,
    port: endpoint.port,
    servername,
    method: exchange.method,
    path: exchange.req.url,
    agent: services.frontProxy.to(spec),
    headers: headersOf(exchange, `${servername}:${endpoint.port}`, upgradeHeaders(exchange.req.headers)),
  });
  const timer = setTimeout(() => request.destroy(new Error(`${servername} does not answer`)), ANSWER_MS);
  for (const event of ['upgrade', 'response', 'close']) request.once(event, () => clearTimeout(timer));
  const answer = await switchProtocols(exchange, socket, head, {
    request,
    hold: (onLost) => api.hold(exchange, [right], onLost),
    failed,
  });
  if (!answer) return true;
  if (isRedirect(answer)) {
    answer.destroy();
    throw new StatusError({
      message: 'the backend attempted to redirect this request, which is not permitted',
      code: 502,
    });
  }
  takeOver();
  exchange.res.writeHead(answer.statusCode ?? 502, inSandbox(exchange, answerHeaders(answer.headers)));
  await pipeline(answer, exchange.res).catch(() => socket.destroy());
  return true;
}
