import type { Attributes } from '../api/contract.ts';
import type { Exchange } from './exchange.ts';
import { boolParam } from './resources/query.ts';
import { verbOf } from './resources/resolve.ts';
import type { Route } from './router.ts';

/** What authorisation sees of a route: the audit log, fairness and authorisation ask for the same. */
export function attributesOf(exchange: Exchange, route: Route): Attributes {
  const at = route.type === 'resource' ? route.path : route;
  if (exchange.asked?.at !== at) exchange.asked = { at, attributes: read(exchange, route) };
  return exchange.asked.attributes;
}

function read(exchange: Exchange, route: Route): Attributes {
  if (route.type !== 'resource') return { verb: exchange.method.toLowerCase(), path: exchange.pathname };
  const { path } = route;
  const { group, version, resource, subresource, namespace, name } = path;
  return {
    verb: verbOf(exchange.method, path, boolParam(exchange.query, 'watch') ?? false),
    group,
    version,
    resource,
    subresource,
    namespace: namespace || (group === '' && resource === 'namespaces' ? name : ''),
    name,
  };
}
