import { BlockList, isIP } from 'node:net';
import type { Resources } from '../../../schema/types.ts';
import { badRequest, notFound, serviceUnavailable } from '../../meta/status.ts';
import type { Stored } from '../../store/contract.ts';
import type { Connection, Target } from '../contract.ts';
import type { Core } from '../core.ts';
import { objectAs } from '../object-as.ts';
import { hostOf, kubeletOf } from './kubelet.ts';
import { readyEndpoint } from './ready-endpoint.ts';

interface ProxyName {
  scheme: string;
  name: string;
  port: string;
}

/** `name`, `name:port` or `scheme:name:port`. Throws 400 for more. */
function parseProxyName(text: string, what: string): ProxyName {
  const [first = '', second, third, ...more] = text.split(':');
  if (second === undefined) return { scheme: '', name: first, port: '' };
  if (third === undefined) return { scheme: '', name: first, port: second };
  if (more.length === 0 && ['', 'http', 'https'].includes(first)) return { scheme: first, name: second, port: third };
  throw badRequest(`invalid ${what} request ${JSON.stringify(text)}`);
}

/** The path below /proxy comes as `path` of the query, as for the subresource's options. */
function connection(scheme: string, host: string, port: number | string, query: URLSearchParams): Connection {
  const rest = new URLSearchParams(query);
  const path = rest.get('path') ?? '/';
  rest.delete('path');
  const url = new URL(`${scheme || 'http'}://${hostOf(host)}:${port}${path.startsWith('/') ? path : `/${path}`}`);
  for (const [key, value] of rest) url.searchParams.append(key, value);
  return { url, secure: scheme === 'https' };
}

function find<R extends 'pods' | 'services'>(core: Core, target: Target, resource: R, name: string): Resources[R] {
  const stored = core.store.get({ resource, namespace: target.namespace, name });
  if (!stored) throw notFound({ group: '', resource }, name);
  return objectAs(resource, stored);
}

/** Whoever may write a pod's status must not reach by it what only this machine may. Source: IsProxyableIP. */
const notProxied = new BlockList();
notProxied.addSubnet('0.0.0.0', 8);
notProxied.addSubnet('127.0.0.0', 8);
notProxied.addSubnet('169.254.0.0', 16);
notProxied.addSubnet('224.0.0.0', 4);
for (const [net, bits] of [
  ['::', 127],
  ['fe80::', 10],
  ['ff00::', 8],
] as const)
  notProxied.addSubnet(net, bits, 'ipv6');
/** Where pods share the host's network, their own addresses are of the loopback range. */
const PODS_OF_HOST = '127.1.';

function isProxied(ip: string): boolean {
  const family = isIP(ip);
  return family !== 0 && (ip.startsWith(PODS_OF_HOST) || !notProxied.check(ip, family === 6 ? 'ipv6' : 'ipv4'));
}

export function podProxy(core: Core, target: Target, _stored: Stored | undefined, query: URLSearchParams): Connection {
  const { scheme, name, port } = parseProxyName(target.name, 'pod');
  const pod = find(core, target, 'pods', name);
  const ip = pod.status?.podIP;
  if (!ip || !isProxied(ip)) throw badRequest('address not allowed');
  const ports = (pod.spec?.containers ?? []).flatMap((c) => c.ports ?? []);
  const number =
    port === '' ? (ports[0]?.containerPort ?? 80) : (ports.find((p) => p.name === port)?.containerPort ?? port);
  return connection(scheme, ip, number, query);
}

export function serviceProxy(
  core: Core,
  target: Target,
  _stored: Stored | undefined,
  query: URLSearchParams,
): Connection {
  const { scheme, name, port } = parseProxyName(target.name, 'service');
  const ports = find(core, target, 'services', name).spec?.ports ?? [];
  const wanted =
    port === ''
      ? ports.length === 1
        ? ports[0]
        : undefined
      : ports.find((p) => p.name === port || String(p.port) === port);
  if (!wanted)
    throw serviceUnavailable(`no service port ${JSON.stringify(port)} found for service ${JSON.stringify(name)}`);
  const endpoint = readyEndpoint(core.store, target.namespace, name, wanted.name ?? '');
  if (!endpoint) throw serviceUnavailable(`no endpoints available for service ${JSON.stringify(name)}`);
  return connection(scheme, endpoint.host, endpoint.port, query);
}

export function nodeProxy(core: Core, target: Target, _stored: Stored | undefined, query: URLSearchParams): Connection {
  const { scheme, name, port } = parseProxyName(target.name, 'node');
  const kubelet = kubeletOf(core, name);
  // its own port, whether named or not, is always spoken to as a kubelet
  if (!port || port === String(kubelet.port))
    return { ...connection('https', kubelet.host, kubelet.port, query), kubelet: name };
  return connection(scheme || 'http', kubelet.host, port, query);
}
