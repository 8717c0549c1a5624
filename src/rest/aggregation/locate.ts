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

const ALL = { resource: API_SERVICES };
/** Most clusters have none, and then nothing is looked for. */
export const hasApiServices = ({ store }: Api): boolean => store.count(ALL) > 0;

/** The server that a group and version belong to; undefined where it is this one, or nobody. */
export function remoteOf({ store, registry }: Api, group: string, version: string): RemoteSpec | undefined {
  const stored = store.get({ resource: API_SERVICES, namespace: '', name: `${version}.${group}` });
  // what this server has itself it serves itself
  if (!stored || registry.groups().some((g) => g.group === group && g.versions.includes(version))) return undefined;
  return specOf(stored);
}

/** Undefined for an APIService that this server answers for. */
function specOf(stored: Stored): RemoteSpec | undefined {
  const { spec } = objectAs(API_SERVICES, stored);
  return spec?.service ? (spec as RemoteSpec) : undefined;
}

/** All that other servers answer for, with their APIServices: the preferred version of a group first. */
export function remoteSpecs({ store }: Api): { spec: RemoteSpec; stored: Stored }[] {
  return store
    .list(ALL)
    .items.flatMap((stored) => {
      const spec = specOf(stored);
      return spec ? [{ spec, stored }] : [];
    })
    .sort(({ spec: a }, { spec: b }) => byPriority(a, b));
}

const byPriority = (a: RemoteSpec, b: RemoteSpec): number =>
  (b.groupPriorityMinimum ?? 0) - (a.groupPriorityMinimum ?? 0) ||
  (a.group === b.group ? 0 : a.group < b.group ? -1 : 1) ||
  (b.versionPriority ?? 0) - (a.versionPriority ?? 0) ||
  (a.version < b.version ? -1 : 1);

/** Versions of a group that other servers answer for, the preferred one first. */
export const remoteVersions = (api: Api, group: string): string[] =>
  remoteSpecs(api).flatMap(({ spec }) => (spec.group === group ? [spec.version] : []));

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
