import type { APIServiceSpec } from '../../../schema/types.ts';
import type { Api } from '../../api/contract.ts';
import { objectAs } from '../../api/object-as.ts';
import { readyEndpoint, type Endpoint } from '../../api/streams/ready-endpoint.ts';
import type { Stored } from '../../store/contract.ts';

export const API_SERVICES = 'apiservices.apiregistration.k8s.io';

/** spec of an APIService that another server answers for */
export interface RemoteSpec extends APIServiceSpec {
  group: string;
  version: string;
  service: { namespace: string; name: string; port?: number };
}

export const idOf = ({ group, version }: RemoteSpec): string => `${group}/${version}`;

/** The server that a group and version belong to; undefined where it is this one, or nobody. */
export function remoteOf({ store, registry }: Api, group: string, version: string): RemoteSpec | undefined {
  const stored = store.get({ resource: API_SERVICES, namespace: '', name: `${version}.${group}` });
  const spec = stored && specOf(stored);
  // what this server has itself it serves itself
  return spec && !registry.groups().some((g) => g.group === group && g.versions.includes(version)) ? spec : undefined;
}

/** Undefined for an APIService that this server answers for. */
export function specOf(stored: Stored): RemoteSpec | undefined {
  const { spec } = objectAs(API_SERVICES, stored);
  return spec?.service ? (spec as RemoteSpec) : undefined;
}

/** Where a service answers: one of its ready endpoints, or its external name. Undefined: nowhere. */
export function endpointOf(
  { store }: Api,
  { service: { namespace, name, port = 443 } }: RemoteSpec,
): Endpoint | undefined {
  const service = store.get({ resource: 'services', namespace, name });
  const spec = service && objectAs('services', service).spec;
  if (spec?.type === 'ExternalName') return spec.externalName ? { host: spec.externalName, port } : undefined;
  const wanted = spec?.ports?.find((p) => p.port === port);
  return wanted && readyEndpoint(store, namespace, name, wanted.name ?? '');
}
