import bootstrapObjects from '../../schema/bootstrap.json' with { type: 'json' };
import { groupResourceName } from '../meta/gvk.ts';
import type { KubeObject } from '../meta/object.ts';
import { isStatusError } from '../meta/status.ts';
import type { RequestContext, Target } from './contract.ts';
import type { Core } from './core.ts';
import { API_SERVICES, builtinService } from './definitions/own-services.ts';
import { newObject } from './new-object.ts';
import { OPTIONAL_ROLES } from './optional-roles.ts';
import { OWN_ROLES } from './own-roles.ts';
import { insert } from './write/insert.ts';
import { operationOf } from './write/operation.ts';

const NAMESPACES = ['kube-system', 'kube-public', 'kube-node-lease', 'default'];
const RBAC = 'rbac.authorization.k8s.io';
const FLOW = 'flowcontrol.apiserver.k8s.io';
/** In which group the lists of schema/bootstrap.json are. */
const GROUPS: Readonly<Record<string, string>> = {
  clusterroles: RBAC,
  clusterrolebindings: RBAC,
  roles: RBAC,
  rolebindings: RBAC,
  flowschemas: FLOW,
  prioritylevelconfigurations: FLOW,
  priorityclasses: 'scheduling.k8s.io',
};
/** Writes under way at once: as many as one commit takes. */
const AT_ONCE = 64;

type Wanted = { resource: string; object: KubeObject };

/** What a new cluster has. Namespaces come first: the others are in them. */
function wanted({ services, registry }: Core): Wanted[][] {
  const { apiAddress } = services.ranges.configured;
  const optional = Object.entries(OPTIONAL_ROLES).flatMap(([resource, roles]) =>
    registry.preferred(resource) ? roles : [],
  );
  const apis = registry.groups().flatMap(({ group, versions }) =>
    versions.flatMap((version) => {
      const object = builtinService(group, version);
      return object ? { resource: API_SERVICES, object } : [];
    }),
  );
  const namespaces = NAMESPACES.map((name) => ({ resource: 'namespaces', object: newObject({ name }) }));
  const facts = Object.entries<object[]>(bootstrapObjects).flatMap(([resource, list]) =>
    (list as KubeObject[]).map((one) => ({
      resource: groupResourceName({ group: GROUPS[resource] ?? '', resource }),
      object: one,
    })),
  );
  const labels = { component: 'apiserver', provider: 'kubernetes' };
  const port = { name: 'https', port: 443, protocol: 'TCP', targetPort: 6443 };
  const service: Wanted = {
    resource: 'services',
    object: newObject(
      { name: 'kubernetes', namespace: 'default', labels },
      {
        spec: {
          type: 'ClusterIP',
          clusterIP: apiAddress,
          ipFamilyPolicy: 'SingleStack',
          sessionAffinity: 'None',
          ports: [port],
        },
      },
    ),
  };
  return [namespaces, [...facts, ...OWN_ROLES, ...optional, ...apis, service]];
}

const system: RequestContext = {
  user: { name: 'system:apiserver', groups: ['system:masters'] },
  agent: 'kube-apiserver',
  warn() {},
};

async function ensure(core: Core, { resource, object: one }: Wanted): Promise<void> {
  const kind = core.registry.preferred(resource);
  if (!kind) return;
  const namespace = one.metadata.namespace ?? '';
  if (core.store.get({ resource, namespace, name: one.metadata.name })) return;
  const target: Target = { kind, namespace, name: '', subresource: '' };
  try {
    // an object that another process has made in the meantime is as good
    await insert(operationOf(core, system, target, 'create', { fieldManager: 'kube-apiserver' }), structuredClone(one));
  } catch (error) {
    if (!isStatusError(error, 'AlreadyExists') && !isStatusError(error, 'Invalid')) throw error;
    core.log(`bootstrap of ${resource} ${one.metadata.name}: ${(error as Error).message}`);
  }
}

/** Makes what a new cluster has and this one lacks; on a second start it only looks. Any number of processes may do it at once. */
export async function bootstrap(core: Core): Promise<void> {
  for (const stage of wanted(core)) {
    const waiting = [...stage];
    const worker = async (): Promise<void> => {
      for (let one = waiting.shift(); one; one = waiting.shift()) await ensure(core, one);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
  }
}
