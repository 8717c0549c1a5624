import { trimSlashes } from './trim-slashes.ts';
import type { Heard } from './exchange.ts';
import type { PathChange, Redirect } from './route.ts';

/** A path after a change. Of a prefix the elements are replaced that were matched (HTTPPathModifier). */
export function rewritten(path: string, change: PathChange | undefined): string {
  if (!change) return path;
  if (change.type === 'whole') return change.value.startsWith('/') ? change.value : `/${change.value}`;
  const rest = path.slice(trimSlashes(change.prefix).length);
  const head = trimSlashes(change.value);
  const whole = rest === '' || rest.startsWith('/') ? head + rest : `${head}/${rest}`;
  return whole.startsWith('/') ? whole : `/${whole}`;
}

const PORTS: Readonly<Record<string, number>> = { http: 80, https: 443 };

/**
 * Where a redirect leads. What it does not say stays as it was asked; a port that its scheme implies is not written.
 * Source: HTTPRequestRedirectFilter.
 */
export function locationOf({ scheme, host, port, path }: Redirect, { asked, origin }: Heard): string {
  const to = scheme ?? (origin.tls ? 'https' : 'http');
  const name = host ?? origin.host.replace(/:\d+$/, '');
  const said = port ?? (scheme ? PORTS[scheme] : origin.port);
  const suffix = said === undefined || said === PORTS[to] ? '' : `:${said}`;
  return `${to}://${name}${suffix}${rewritten(asked.path, path)}${asked.search}`;
}
