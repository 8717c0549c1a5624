import { methodNotAllowedHere, StatusError } from '../meta/status.ts';
import { PageNotFound } from './errors.ts';
import type { Exchange } from './exchange.ts';
import { serveHealth } from './health/health.ts';
import { serveOpenApi } from './openapi/serve.ts';
import { sendJson, sendText } from './respond.ts';
import type { Services } from './services.ts';
import { checkProduces, MEDIA_TYPES } from './negotiation/negotiate.ts';

type Handler = (services: Services, exchange: Exchange) => Promise<void>;

const JWKS = 'application/jwk-set+json';
/** Public keys and their description change only with the signing key. */
const CACHE_AN_HOUR = { 'Cache-Control': 'public, max-age=3600' };

const version: Handler = async ({ version: { gitVersion, gitCommit, buildDate } }, exchange) => {
  checkProduces(exchange.header('accept'), [MEDIA_TYPES.json]);
  return sendJson(exchange, 200, {
    major: '1',
    minor: '35',
    emulationMajor: '1',
    emulationMinor: '35',
    minCompatibilityMajor: '1',
    minCompatibilityMinor: '34',
    gitVersion,
    gitCommit,
    gitTreeState: 'clean',
    buildDate,
    goVersion: 'go1.25',
    compiler: 'gc',
    platform: `${process.platform}/${process.arch === 'x64' ? 'amd64' : process.arch}`,
  });
};

const keys: Handler = async ({ api }, exchange) => {
  if (!api.jwks) throw new PageNotFound();
  checkProduces(exchange.header('accept'), [JWKS]);
  return sendJson(exchange, 200, api.jwks(), { ...CACHE_AN_HOUR, 'Content-Type': JWKS });
};

const issuer: Handler = async ({ api }, exchange) => {
  if (!api.issuer) throw new PageNotFound();
  checkProduces(exchange.header('accept'), [MEDIA_TYPES.json]);
  return sendJson(
    exchange,
    200,
    {
      issuer: api.issuer,
      jwks_uri: `https://${exchange.header('host') || exchange.header(':authority')}/openid/v1/jwks`,
      response_types_supported: ['id_token'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: ['RS256'],
    },
    CACHE_AN_HOUR,
  );
};

const metrics: Handler = async ({ metrics: numbers }, exchange) =>
  sendText(exchange, 200, await numbers.text(), 'text/plain; version=0.0.4; charset=utf-8; escaping=underscores');

const index: Handler = async ({ discovery, remote }, exchange) => {
  const others = remote.groups().map(({ group }) => group);
  const groups = [...discovery.groups, ...others].flatMap((g) => [
    `/apis/${g.name}`,
    ...g.versions.map((v) => `/apis/${v.groupVersion}`),
  ]);
  const paths = [
    '/.well-known/openid-configuration',
    '/api',
    '/api/v1',
    '/apis',
    ...groups,
    '/dashboard',
    '/graphiql',
    '/graphql',
    '/healthz',
    '/livez',
    '/metrics',
  ];
  paths.push('/openapi/v2', '/openapi/v3', '/openapi/v3/', '/openid/v1/jwks', '/readyz', '/version');
  return sendJson(exchange, 200, { paths: paths.sort() });
};

const PPROF = '/debug/pprof/';

const handlers: Readonly<Record<string, Handler>> = {
  '/': index,
  '/index.html': index,
  '/version': version,
  '/metrics': metrics,
  '/openid/v1/jwks': keys,
  '/.well-known/openid-configuration': issuer,
  '/openapi/v2': serveOpenApi,
  '/openapi/v3': serveOpenApi,
};

/** Paths that are neither resources nor discovery. Text 404 for those that nobody serves. */
export async function serveOther(services: Services, exchange: Exchange): Promise<void> {
  const path = exchange.pathname.length > 1 ? exchange.pathname.replace(/\/$/, '') : exchange.pathname;
  const get = exchange.method === 'GET' || exchange.method === 'HEAD';
  if (/^\/(healthz|livez|readyz)(\/|$)/.test(path)) return serveHealth(services, exchange, path);
  const pprof = services.profiling && path.startsWith(PPROF) ? services.profiling : undefined;
  const handler = handlers[path] ?? (path.startsWith('/openapi/v3/') ? serveOpenApi : undefined);
  if (!handler && !pprof) throw new PageNotFound();
  if (!get)
    throw path === '/'
      ? new StatusError({ message: 'method not allowed', reason: 'MethodNotAllowed', code: 405 })
      : methodNotAllowedHere();
  if (handler) return handler(services, exchange);
  return pprof?.serve(exchange, path.slice(PPROF.length));
}
