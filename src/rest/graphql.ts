import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { PageNotFound } from './errors.ts';
import type { Exchange } from './exchange.ts';
import { isFront, type SessionContext } from './pages/pages.ts';
import type { Services } from './services.ts';

const PATHS = /^\/(graphql|graphiql|dashboard)(\/|$)/;

/** Whether a path is the GraphQL façade's or its pages': to one of these a browser at `/` is led too. */
export const isGraphQL = ({ graphql, pages }: Services, exchange: Exchange): boolean =>
  graphql !== undefined && (PATHS.test(exchange.pathname) || (pages !== undefined && isFront(exchange)));

/** Where operations are sent to, and nowhere beside it. */
const ENDPOINT = /^\/graphql\/?$/;

/** Whether a path is where operations are sent to. */
export const isEndpoint = ({ graphql }: Services, { pathname }: Exchange): boolean =>
  graphql !== undefined && ENDPOINT.test(pathname);

const contextOf = async ({ pages }: Services, exchange: Exchange): Promise<SessionContext> =>
  (await pages?.contextOf(exchange)) ?? exchange;

/** An operation, or the page that sends them. */
export async function serveGraphQL(services: Services, exchange: Exchange): Promise<void> {
  const { graphql, pages } = services;
  if (await pages?.serve(exchange)) return;
  if (!isEndpoint(services, exchange)) throw new PageNotFound();
  exchange.res.setHeader('Audit-Id', exchange.auditId);
  await graphql?.handler(exchange.req, withoutReason(exchange), await contextOf(services, exchange));
}

/** Subscriptions over a web socket. */
export async function upgradeToGraphQL(
  services: Services,
  exchange: Exchange,
  req: IncomingMessage,
  socket: Duplex,
  head: Buffer,
): Promise<void> {
  const context = await contextOf(services, exchange);
  exchange.audit?.started(101);
  services.graphql?.onUpgrade(req, socket, head, context);
}

/** Event streams come with HTTP/1.1's reason phrase, which HTTP/2 has not and about which Node would print a warning. */
function withoutReason({ req, res }: Exchange): ServerResponse {
  if (req.httpVersionMajor !== 2) return res;
  const writeHead = res.writeHead.bind(res) as (...args: unknown[]) => ServerResponse;
  res.writeHead = ((status: number, ...rest: unknown[]) =>
    writeHead(status, ...rest.filter((r) => typeof r !== 'string'))) as typeof res.writeHead;
  return res;
}
