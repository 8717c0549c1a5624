import type { Exchange } from '../exchange.ts';
import type { Route } from '../router.ts';
import { cookieOf } from './cookie.ts';

/**
 * Whether this is one of the few requests of the Kubernetes API that our pages make with the session of a browser: a
 * terminal in a container, and the schema of what is written. All else they ask by GraphQL. Nothing that leads to a
 * proxy is among them: who is behind it would act as whoever looks at it.
 */
export const isForPages = (exchange: Exchange, route: Route): boolean =>
  (isTerminal(exchange, route) || isSchema(exchange)) && cookieOf(exchange.req) !== undefined;

const isTerminal = ({ method, req }: Exchange, route: Route): boolean =>
  route.type === 'resource' &&
  method === 'GET' &&
  req.headers.upgrade?.toLowerCase() === 'websocket' &&
  route.path.group === '' &&
  route.path.resource === 'pods' &&
  (route.path.subresource === 'exec' || route.path.subresource === 'attach');

const isSchema = ({ method, pathname }: Exchange): boolean => method === 'GET' && /^\/openapi\/v3(\/|$)/.test(pathname);
