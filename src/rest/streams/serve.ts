import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { Target } from '../../api/contract.ts';
import { badRequest } from '../../meta/status.ts';
import type { Exchange } from '../exchange.ts';
import type { Services } from '../services.ts';
import { shortText } from './dial.ts';
import { forwardedHeaders } from './headers.ts';
import { errorOfAnswer, proxyError, unreachable } from './node-errors.ts';

/** Streams over plain HTTP: logs, and whatever is behind a proxy. The others need an upgrade. */
export async function serveStream(services: Services, exchange: Exchange, target: Target, rest: string): Promise<void> {
  if (target.subresource === 'log') return serveLog(services, exchange, target);
  if (target.subresource === 'proxy') return serveProxy(services, exchange, target, rest);
  // what is wrong with the object or the caller comes first
  await services.api.connect(exchange, target, exchange.query);
  throw badRequest('Upgrade request required');
}

async function answerTo(services: Services, exchange: Exchange, target: Target, method: string, path?: string) {
  const query = new URLSearchParams(exchange.query);
  if (path !== undefined) query.set('path', path);
  const to = await services.api.connect(exchange, target, query);
  const headers = path === undefined ? { accept: '*/*' } : forwardedHeaders(exchange.req.headers);
  if (path !== undefined) delete headers.host;
  const request = services.dialer.request(to, method, headers);
  const left = () => request.destroy();
  exchange.res.once('close', left);
  return { request, to, left };
}

/** The answer's bytes at the client's pace; ends the request when the client leaves. */
async function pass(exchange: Exchange, answer: IncomingMessage): Promise<void> {
  const { res } = exchange;
  res.flushHeaders?.();
  const gone = once(res, 'close');
  answer.on('error', () => res.destroy());
  answer.pipe(res);
  await gone;
  answer.destroy();
}

async function serveLog(services: Services, exchange: Exchange, target: Target): Promise<void> {
  const { request, to } = await answerTo(services, exchange, target, 'GET');
  const answered = once(request, 'response');
  request.end();
  let answer: IncomingMessage;
  try {
    [answer] = (await answered) as [IncomingMessage];
  } catch (error) {
    throw unreachable('GET', to.url, error as Error);
  }
  const code = answer.statusCode ?? 500;
  if (code < 200 || code > 226) throw errorOfAnswer(code, await shortText(answer), target);
  exchange.res.writeHead(200, {
    ...exchange.commonHeaders(),
    'Content-Type': answer.headers['content-type'] ?? 'text/plain',
  });
  await pass(exchange, answer);
}

async function serveProxy(services: Services, exchange: Exchange, target: Target, rest: string): Promise<void> {
  const { req, res, method } = exchange;
  const reads = method === 'GET' || method === 'HEAD';
  // relative links of the page behind would otherwise lead out of the proxy
  if (rest === '' && reads && !exchange.pathname.endsWith('/')) {
    res.writeHead(301, { ...exchange.commonHeaders(), Location: `${exchange.pathname}/${exchange.search}` });
    return void res.end();
  }
  const { request, to } = await answerTo(services, exchange, target, method, rest || '/');
  const answered = once(request, 'response');
  if (reads) request.end();
  else req.pipe(request);
  let answer: IncomingMessage;
  try {
    [answer] = (await answered) as [IncomingMessage];
  } catch (error) {
    throw proxyError(error as Error);
  }
  const headers = forwardedHeaders(answer.headers);
  const base = exchange.pathname.slice(0, exchange.pathname.length - rest.length).replace(/\/$/, '');
  if (headers.location) headers.location = inProxy(String(headers.location), to.url, base);
  res.writeHead(answer.statusCode ?? 502, { ...headers, 'Audit-Id': exchange.auditId });
  await pass(exchange, answer);
}

/** A redirect to the same server stays below the proxy's path. */
function inProxy(location: string, url: URL, base: string): string {
  const to = new URL(location, url);
  return to.host === url.host ? `${base}${to.pathname}${to.search}` : location;
}
