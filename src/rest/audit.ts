import type { ServerResponse } from 'node:http';
import { selectedName } from '../api/audit/calls.ts';
import type { Attributes, User } from '../api/contract.ts';
import { attributesOf } from './attributes.ts';
import type { Exchange } from './exchange.ts';
import { isForPages } from './pages/for-pages.ts';
import { routeOf, type Route } from './router.ts';
import type { Services } from './services.ts';

/** Subresources whose answers last. Source: kube-apiserver's long-running request check. */
const LASTING = new Set(['attach', 'exec', 'proxy', 'log', 'portforward']);

/** Says who asks, and begins the audit event of the request: one that nobody was let in for is recorded too. Throws 401, 400, 403. */
export async function identify(services: Services, exchange: Exchange): Promise<Route> {
  const route = routeOf(exchange.pathname);
  // the session of a browser may say more of who asks
  const pages = isForPages(exchange, route) ? services.pages : undefined;
  let known: User | undefined;
  const authenticated = (user: User): void => {
    known = user;
    exchange.user = user;
    if (!pages) begin(services, exchange, route, user);
  };
  try {
    const identity = await services.identifier.identify(exchange.req, authenticated, exchange);
    exchange.user = identity.user;
    exchange.credential = identity.credential;
    exchange.byToken = identity.byToken;
    if (identity.impersonator) exchange.impersonator = identity.impersonator;
    if (pages) {
      await pages.enter(exchange);
      begin(services, exchange, route, exchange.impersonator ?? exchange.user);
    }
    if (identity.impersonator) exchange.audit?.actsFor(identity.user);
  } catch (error) {
    if (!exchange.audit) begin(services, exchange, route, known);
    throw error;
  }
  return route;
}

function begin({ api }: Services, exchange: Exchange, route: Route, user: User | undefined): void {
  const attributes = recorded(attributesOf(exchange, route), exchange);
  const event = (exchange.audit = api.auditor.begin(user, attributes, () => exchange.origin));
  if (event.level === 'None') return;
  for (const [key, value] of exchange.annotations ?? []) event.annotate(key, value);
  const lasts = 'resource' in attributes && (attributes.verb === 'watch' || LASTING.has(attributes.subresource));
  if (lasts || !user) tellStart(exchange);
  const { res } = exchange;
  res.once('close', () => event.complete(res.headersSent ? res.statusCode : undefined));
}

/** The head of the answer is an event of its own where what follows may last. */
function tellStart({ res, audit }: Exchange): void {
  const writeHead = res.writeHead.bind(res) as (code: number, ...rest: unknown[]) => ServerResponse;
  res.writeHead = ((code: number, ...rest: unknown[]) => {
    audit?.started(code);
    return writeHead(code, ...rest);
  }) as typeof res.writeHead;
}

/** A collection may be asked for one name. */
function recorded(attributes: Attributes, { query }: Exchange): Attributes {
  if (!('resource' in attributes) || attributes.name || attributes.verb === 'create') return attributes;
  return { ...attributes, name: selectedName(query.get('fieldSelector')) };
}
