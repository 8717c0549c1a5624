import bootstrapObjects from '../../schema/bootstrap.json' with { type: 'json' };
import { groupResourceName } from '../meta/gvk.ts';
import type { KubeObject } from '../meta/object.ts';
import { isStatusError } from '../meta/status.ts';
import { formatTime } from '../meta/time.ts';
import type { RequestContext, Target } from './contract.ts';
import type { Core } from './core.ts';
import { newObject } from './new-object.ts';
import { OPTIONAL_ROLES } from './optional-roles.ts';
import { OWN_ROLES } from './own-roles.ts';
import { insert } from './write/insert.ts';
import { operationOf } from './write/operation.ts';
import { replace } from './write/replace.ts';

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

/** `status` is written behind the object: a create has none. */
type Wanted = { resource: string; object: KubeObject; status?: object };

/** The range that Services get their addresses from (KEP-1880). */
const serviceCidr = (cidr: string, now: number): Wanted => ({
  resource: 'servicecidrs.networking.k8s.io',
  object: newObject({ name: 'kubernetes' }, { spec: { cidrs: [cidr] } }),
  status: {
    conditions: [
      {
        type: 'Ready',
        status: 'True',
        lastTransitionTime: formatTime(now),
        reason: '',
        message: 'Kubernetes default Service CIDR is ready',
      },
    ],
  },
});

/** What a new cluster has. Namespaces come first: the others are in them. */
function wanted({ services, registry, clock }: Core, api: { address: string; port: number } | undefined): Wanted[][] {
  const { apiAddress, cidr } = services.range;
  const optional = Object.entries(OPTIONAL_ROLES).flatMap(([resource, roles]) =>
    registry.preferred(resource) ? roles : [],
  );
  const namespaces = NAMESPACES.map((name) => ({ resource: 'namespaces', object: newObject({ name }) }));
  const facts = Object.entries<object[]>(bootstrapObjects).flatMap(([resource, list]) =>
    (list as KubeObject[]).map((one) => ({
      resource: groupResourceName({ group: GROUPS[resource] ?? '', resource }),
      object: one,
    })),
  );
  const labels = { component: 'apiserver', provider: 'kubernetes' };
  const port = { name: 'https', port: 443, protocol: 'TCP', targetPort: api?.port ?? 6443 };
  const service: Wanted = {
    resource: 'services',
    object: newObject(
      { name: 'kubernetes', namespace: 'default', labels },
      { spec: { type: 'ClusterIP', clusterIP: apiAddress, sessionAffinity: 'None', ports: [port] } },
    ),
  };
  return [namespaces, [...facts, ...OWN_ROLES, ...optional, service, serviceCidr(cidr, clock.now())]];
}

const system: RequestContext = {
  user: { name: 'system:apiserver', groups: ['system:masters'] },
  agent: 'kube-apiserver',
  warn() {},
};

async function ensure(core: Core, { resource, object: one, status }: Wanted): Promise<void> {
  const kind = core.registry.preferred(resource);
  if (!kind) return;
  const namespace = one.metadata.namespace ?? '';
  if (core.store.get({ resource, namespace, name: one.metadata.name })) return;
  const target: Target = { kind, namespace, name: '', subresource: '' };
  try {
    // an object that another process has made in the meantime is as good
    await insert(operationOf(core, system, target, 'create', { fieldManager: 'kube-apiserver' }), structuredClone(one));
    if (!status) return;
    const ofStatus: Target = { ...target, name: one.metadata.name, subresource: 'status' };
    const next = (live: KubeObject | undefined): KubeObject => ({ ...structuredClone(live!), status });
    await replace(operationOf(core, system, ofStatus, 'update', { fieldManager: 'kube-apiserver' }), {
      next,
      createMissing: false,
    });
  } catch (error) {
    if (!isStatusError(error, 'AlreadyExists') && !isStatusError(error, 'Invalid')) throw error;
    core.log(`bootstrap of ${resource} ${one.metadata.name}: ${(error as Error).message}`);
  }
}

/** Makes what a new cluster has and this one lacks; on a second start it only looks. Any number of processes may do it at once. */
export async function bootstrap(core: Core): Promise<void> {
  for (const stage of wanted(core, undefined)) {
    const waiting = [...stage];
    const worker = async (): Promise<void> => {
      for (let one = waiting.shift(); one; one = waiting.shift()) await ensure(core, one);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
  }
}
