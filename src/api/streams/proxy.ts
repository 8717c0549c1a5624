import type { Resources } from '../../../schema/types.ts';
import { notFound, serviceUnavailable } from '../../meta/status.ts';
import type { Connection, Target } from '../contract.ts';
import type { Core } from '../core.ts';
import { objectAs } from '../object-as.ts';
import { addressNotAllowed } from './destinations.ts';
import { kubeletConnection, kubeletOf } from './kubelet.ts';
import { podAddress } from './pod-address.ts';
import { podEndpoint } from './pod-endpoint.ts';
import { parseTargetName, portNumber } from './target-name.ts';
import { targetUrl } from './target-url.ts';

/** What a proxied request asks of its target: the path with its slash, the search with its `?` or empty. */
export interface Asked {
  path: string;
  search: string;
}

/** The port of a URL that names none. */
const defaultPort = (scheme: string): number => (scheme === 'https' ? 443 : 80);

function connection(scheme: string, address: string, port: number, asked: Asked): Connection {
  const secure = scheme === 'https';
  return { url: targetUrl({ secure, host: address, port, ...asked }), address, secure };
}

function find<R extends 'pods' | 'services'>(core: Core, target: Target, resource: R, name: string): Resources[R] {
  const stored = core.store.get({ resource, namespace: target.namespace, name });
  if (!stored) throw notFound({ group: '', resource }, name);
  return objectAs(resource, stored);
}

/** Throws 400 for a name that is none or an address that pods do not have, 404 without the pod. */
export function podProxy(core: Core, target: Target, asked: Asked): Connection {
  const { scheme, name, port } = parseTargetName(target.name, 'pod');
  const wanted = portNumber(port);
  const pod = find(core, target, 'pods', name);
  const ports = (pod.spec?.containers ?? []).flatMap((c) => c.ports ?? []);
  const declared = port === '' ? ports[0] : ports.find((one) => one.name === port);
  if (port !== '' && wanted === undefined && !declared)
    throw serviceUnavailable(`error trying to reach service: unknown port ${JSON.stringify(port)}`);
  const number = wanted ?? declared?.containerPort ?? defaultPort(scheme);
  const address = podAddress(core, pod, pod.status?.podIP ?? '', number);
  if (!address) throw addressNotAllowed();
  return connection(scheme, address, number, asked);
}

/**
 * Throws 400 for a name that is none, 404 without the Service, 503 without an endpoint that is a pod. Endpoints are
 * objects that anybody may have been allowed to write: only those that name a pod of the namespace which really has
 * their address count, as with kube-apiserver.
 */
export function serviceProxy(core: Core, target: Target, asked: Asked): Connection {
  const { scheme, name, port } = parseTargetName(target.name, 'service');
  const isNumber = /^\d+$/.test(port);
  const ports = find(core, target, 'services', name).spec?.ports ?? [];
  const declared = isNumber ? ports.find((one) => one.port === Number(port)) : undefined;
  if (isNumber && !declared)
    throw serviceUnavailable(`no service port ${Number(port)} found for service ${JSON.stringify(name)}`);
  const endpoint = podEndpoint(core, target.namespace, name, declared ? (declared.name ?? '') : port);
  if (!endpoint) throw serviceUnavailable(`no endpoints available for service ${JSON.stringify(target.name)}`);
  return connection(scheme, endpoint.address, endpoint.port, asked);
}

/** Throws 400 for a name that is none or an address that is only this machine's, 404 without the node. */
export async function nodeProxy(core: Core, target: Target, asked: Asked): Promise<Connection> {
  const { scheme, name, port } = parseTargetName(target.name, 'node');
  const kubelet = kubeletOf(core, name);
  const wanted = portNumber(port);
  // its own port, whether named or not, is always spoken to as a kubelet
  if (port === '' || wanted === kubelet.port) return kubeletConnection(core, name, asked.path, asked.search);
  if (wanted === undefined)
    throw serviceUnavailable(`error trying to reach service: unknown port ${JSON.stringify(port)}`);
  if (kubelet.name !== undefined)
    throw serviceUnavailable(`error trying to reach service: node ${JSON.stringify(name)} is simulated`);
  const address = await core.destinations.locate(kubelet.host, wanted);
  return connection(scheme, address, wanted, asked);
}
