import { createHash } from 'node:crypto';
import { encodeProtobuf, hasProtobuf } from '../../kinds/protobuf/envelope.ts';
import { methodNotAllowedHere, noSuchResource } from '../../meta/status.ts';
import { encodePlain } from '../encoding/status.ts';
import { PageNotFound } from '../errors.ts';
import type { Exchange } from '../exchange.ts';
import { parseAccept } from '../negotiation/accept.ts';
import { ALL_FORMATS, checkProduces, MEDIA_TYPES, negotiate, wantsPretty } from '../negotiation/negotiate.ts';
import { send } from '../respond.ts';
import type { Route } from '../router.ts';
import type { Services } from '../services.ts';
import type { ApiGroup } from './discovery.ts';
import { inOrder } from './in-order.ts';

type DiscoveryRoute = Extract<Route, { type: 'discovery' }>;
const CIDRS = (exchange: Exchange) => [
  { clientCIDR: '0.0.0.0/0', serverAddress: exchange.header('host') || exchange.header(':authority') },
];

/** Answers /api, /apis, /apis/GROUP and /…/VERSION. Throws 404 as Status or as text, by who is asked. */
export async function serveDiscovery(services: Services, exchange: Exchange, route: DiscoveryRoute): Promise<void> {
  const document = documentOf(services, exchange, route);
  if (!document) {
    const known = route.legacy || services.discovery.isBuiltin(route.group);
    throw known ? noSuchResource() : new PageNotFound();
  }
  if (exchange.method !== 'GET') throw methodNotAllowedHere();
  const atRoot = route.legacy ? !route.version : !route.group;
  const version = atRoot ? aggregatedVersion(exchange.header('accept')) : undefined;
  if (version) return sendAggregated(services, exchange, route.legacy, version);
  // those of groups are served beside the router
  if (route.legacy || route.version)
    checkProduces(
      exchange.header('accept'),
      ALL_FORMATS.map((f) => MEDIA_TYPES[f]),
    );
  const pretty = wantsPretty(exchange.query, exchange.header('user-agent'));
  const media = negotiate(exchange.header('accept'), ALL_FORMATS, pretty, { transforms: false });
  const { apiVersion = 'v1', kind } = document as { apiVersion?: string; kind: string };
  const protobuf = media.format === 'protobuf' && hasProtobuf(apiVersion, kind);
  const body = protobuf ? encodeProtobuf(apiVersion, kind, document) : encodePlain(document, media);
  const type = media.format === 'protobuf' && !protobuf ? MEDIA_TYPES.json : MEDIA_TYPES[media.format];
  await send(exchange, 200, type, body, atRoot ? { Vary: 'Accept' } : {});
}

const groupFields = ({ name, versions, preferredVersion }: ApiGroup) => ({ name, versions, preferredVersion });

function documentOf(
  { discovery, remote }: Services,
  exchange: Exchange,
  { legacy, group, version }: DiscoveryRoute,
): object | undefined {
  if (version) {
    const resources = discovery.resources(group, version);
    if (!resources) return undefined;
    const groupVersion = group ? `${group}/${version}` : version;
    // the oldest document of all has no apiVersion
    return { kind: 'APIResourceList', ...(!legacy && { apiVersion: 'v1' }), groupVersion, resources };
  }
  if (legacy) return { kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs: CIDRS(exchange) };
  if (!group)
    return {
      kind: 'APIGroupList',
      apiVersion: 'v1',
      groups: inOrder(discovery.groups, ({ name }) => name, remote.groups()).map(groupFields),
    };
  const found = discovery.group(group);
  return found && { kind: 'APIGroup', apiVersion: 'v1', ...groupFields(found) };
}

/** The first acceptable form decides: aggregated in one of its versions, or not. */
function aggregatedVersion(accept: string): 'v2' | 'v2beta1' | undefined {
  for (const { type, subtype, params } of parseAccept(accept)) {
    if (type !== 'application' || subtype !== 'json') continue;
    if (params.as === undefined) return undefined;
    if (params.as !== 'APIGroupDiscoveryList' || params.g !== 'apidiscovery.k8s.io') continue;
    if (params.v === 'v2' || params.v === 'v2beta1') return params.v;
  }
  return undefined;
}

async function sendAggregated(
  { discovery, remote }: Services,
  exchange: Exchange,
  legacy: boolean,
  version: 'v2' | 'v2beta1',
): Promise<void> {
  const own = discovery.aggregated(legacy);
  const items = legacy ? own : inOrder(own, ({ metadata }) => metadata.name ?? '', remote.aggregated());
  const body = Buffer.from(
    `${JSON.stringify({ kind: 'APIGroupDiscoveryList', apiVersion: `apidiscovery.k8s.io/${version}`, metadata: {}, items })}\n`,
  );
  const etag = `"${createHash('sha512').update(body).digest('hex').toUpperCase()}"`;
  const headers = { ETag: etag, Vary: 'Accept' };
  const type = `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`;
  const known = exchange
    .header('if-none-match')
    .split(',')
    .some((tag) => tag.trim() === etag);
  if (!known) return send(exchange, 200, type, body, headers);
  exchange.res.writeHead(304, { ...exchange.commonHeaders(), ...headers });
  exchange.res.end();
}
