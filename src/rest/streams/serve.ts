import type { ClientRequest, IncomingMessage } from 'node:http';
import type { OpenConnection, Target } from '../../api/contract.ts';
import { KUBELET_ANSWER_MS } from '../../api/streams/kubelet-answer.ts';
import { NoHost } from '../../api/streams/kubelet.ts';
import { headOf, shortText } from '../../api/streams/node-answer.ts';
import { errorOfAnswer, proxyError, unreachable } from '../../api/streams/node-errors.ts';
import { badRequest, type StatusError } from '../../meta/status.ts';
import type { Exchange } from '../exchange.ts';
import { ALL_FORMATS, checkProduces, MEDIA_TYPES, negotiate } from '../negotiation/negotiate.ts';
import type { Resolved } from '../resources/resolve.ts';
import type { Services } from '../services.ts';
import { framing, sendBody } from './body.ts';
import { forwardedFor } from './forwarded-for.ts';
import { answerHeaders, requestHeaders } from './headers.ts';
import { inProxy } from './location.ts';
import { pass } from './pass.ts';
import { inSandbox } from './sandbox.ts';

/**
 * Streams over plain HTTP: logs, and whatever is behind a proxy. The others need an upgrade.
 * @param rest of the path, after /proxy
 */
export async function serveStream(
  services: Services,
  exchange: Exchange,
  found: Resolved,
  rest: string,
): Promise<void> {
  const { target, verb } = found;
  if (target.subresource === 'log') return serveLog(services, exchange, target, verb);
  if (target.subresource === 'proxy') return serveProxy(services, exchange, found, rest);
  // what is wrong with the object or the caller comes first
  await services.api.connect(exchange, target, { verb, query: exchange.query });
  throw badRequest('Upgrade request required');
}

/**
 * The head of the answer. The request ends when the client leaves or loses its right, whether there is one or not: in
 * place of an answer it gets what that says, and one that has begun is cut.
 * @param failed what it is that the other end cannot be reached
 */
async function answerTo(
  { res }: Exchange,
  to: OpenConnection,
  request: ClientRequest,
  send: () => void,
  failed: (error: Error) => StatusError,
): Promise<IncomingMessage> {
  let lost: StatusError | undefined;
  const answered = headOf(request);
  answered.catch(() => undefined);
  const letGo = to.hold((why) => {
    lost = why;
    request.destroy(why);
    if (res.headersSent) res.destroy();
  });
  res.once('close', () => {
    letGo();
    request.destroy();
  });
  send();
  try {
    const answer = await answered;
    if (!lost) return answer;
  } catch (error) {
    if (!lost) throw failed(error as Error);
  }
  throw lost;
}

/** Where a log is; undefined while its pod has no node. */
async function logOf(
  services: Services,
  exchange: Exchange,
  target: Target,
  verb: string,
): Promise<OpenConnection | undefined> {
  try {
    return await services.api.connect(exchange, target, { verb, query: exchange.query });
  } catch (error) {
    if (error instanceof NoHost) return undefined;
    throw error;
  }
}

const LOG_PRODUCES = ['text/plain', ...ALL_FORMATS.map((format) => MEDIA_TYPES[format])];

async function serveLog(services: Services, exchange: Exchange, target: Target, verb: string): Promise<void> {
  // asked for as any object is, though it is none: as text alone it is not to be had
  checkProduces(exchange.header('accept'), LOG_PRODUCES);
  negotiate(exchange.header('accept'), ALL_FORMATS, false, { transforms: false });
  const to = await logOf(services, exchange, target, verb);
  // a pod that is nowhere has not said anything
  if (!to) return void exchange.res.writeHead(204, exchange.commonHeaders()).end();
  const request = services.dialer.request(to, 'GET', { accept: '*/*' }, KUBELET_ANSWER_MS);
  const answer = await answerTo(
    exchange,
    to,
    request,
    () => request.end(),
    (error) => unreachable('GET', to.url, error),
  );
  const code = answer.statusCode ?? 500;
  if (code < 200 || code > 226) throw errorOfAnswer(code, await shortText(answer), target);
  const type = { 'Content-Type': answer.headers['content-type'] ?? 'text/plain' };
  exchange.res.writeHead(200, inSandbox(exchange, { ...exchange.commonHeaders(), ...type }));
  await pass(exchange, answer);
}

async function serveProxy(
  services: Services,
  exchange: Exchange,
  { target, verb }: Resolved,
  rest: string,
): Promise<void> {
  const { req, res, method, pathname, search, query } = exchange;
  const to = await services.api.connect(exchange, target, { verb, query, path: rest || '/', search });
  // relative links of the page behind would otherwise lead out of the proxy
  if (rest === '' && (method === 'GET' || method === 'HEAD') && !pathname.endsWith('/')) {
    res.writeHead(301, { ...exchange.commonHeaders(), Location: `${pathname}/${search}` });
    return void res.end();
  }
  const forwarded = forwardedFor(exchange);
  const headers = { ...requestHeaders(req.headers), ...forwarded, ...framing(req) };
  const request = services.dialer.request(to, method, headers);
  const answer = await answerTo(exchange, to, request, () => sendBody(req, request), proxyError);
  const passed = inSandbox(exchange, answerHeaders(answer.headers));
  const base = pathname.slice(0, pathname.length - rest.length).replace(/\/$/, '');
  const page = { host: to.url.host, askedHost: String(forwarded['host'] ?? ''), base };
  if (passed['location']) passed['location'] = inProxy(String(passed['location']), page);
  res.writeHead(answer.statusCode ?? 502, { ...passed, 'Audit-Id': exchange.auditId });
  await pass(exchange, answer);
}
