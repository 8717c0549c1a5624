import type {
  Client,
  ClientDeleteOptions,
  ClientList,
  ClientPatchOptions,
  ClientResource,
  Informer,
  ObjectOf,
} from '../../src/client/contract.ts';
import { InformerCache } from '../../src/client/informer-cache.ts';
import type { Clock } from '../../src/rules/clock.ts';
import type { KubeObject, New, NewMeta } from '../../src/meta/object.ts';
import { alreadyExists, conflict, MODIFIED, notFound } from '../../src/meta/status.ts';
import { parseGroupResource } from '../../src/meta/gvk.ts';
import { formatTime } from '../../src/meta/time.ts';

const PENDING = { status: { phase: 'Pending' } };
/** Kinds that a test can store; `namespaced` false for cluster scope. */
const KINDS: Record<string, [kind: string, version: string, namespaced?: boolean]> = {
  pods: ['Pod', 'v1'],
  services: ['Service', 'v1'],
  endpoints: ['Endpoints', 'v1'],
  events: ['Event', 'v1'],
  configmaps: ['ConfigMap', 'v1'],
  secrets: ['Secret', 'v1'],
  serviceaccounts: ['ServiceAccount', 'v1'],
  namespaces: ['Namespace', 'v1', false],
  nodes: ['Node', 'v1', false],
  replicationcontrollers: ['ReplicationController', 'v1'],
  resourcequotas: ['ResourceQuota', 'v1'],
  persistentvolumes: ['PersistentVolume', 'v1', false],
  persistentvolumeclaims: ['PersistentVolumeClaim', 'v1'],
  'deployments.apps': ['Deployment', 'v1'],
  'replicasets.apps': ['ReplicaSet', 'v1'],
  'daemonsets.apps': ['DaemonSet', 'v1'],
  'statefulsets.apps': ['StatefulSet', 'v1'],
  'controllerrevisions.apps': ['ControllerRevision', 'v1'],
  'jobs.batch': ['Job', 'v1'],
  'cronjobs.batch': ['CronJob', 'v1'],
  'endpointslices.discovery.k8s.io': ['EndpointSlice', 'v1'],
  'poddisruptionbudgets.policy': ['PodDisruptionBudget', 'v1'],
  'horizontalpodautoscalers.autoscaling': ['HorizontalPodAutoscaler', 'v2'],
  'leases.coordination.k8s.io': ['Lease', 'v1'],
  'storageclasses.storage.k8s.io': ['StorageClass', 'v1', false],
  'certificatesigningrequests.certificates.k8s.io': ['CertificateSigningRequest', 'v1', false],
  'clusterroles.rbac.authorization.k8s.io': ['ClusterRole', 'v1', false],
};

/** A client over a map, with the API server's rules that loops depend on, and informers that see each write at once. */
export class FakeClient implements Client {
  private readonly objects = new Map<string, Map<string, KubeObject>>();
  private readonly caches = new Map<string, InformerCache<KubeObject>>();
  private revision = 0;
  /** writes as `verb resource namespace/name`, for what a test wants to count */
  readonly writes: string[] = [];
  /** throws to refuse a write */
  refuse: (verb: string, resource: string, object: KubeObject) => void = () => undefined;

  constructor(private readonly clock: Clock) {}

  readonly informers = {
    informer: <R extends string>(resource: R) => this.cache(resource) as object as Informer<ObjectOf<R>>,
    start: (): void => undefined,
    stop: async (): Promise<void> => undefined,
  };

  private cache(resource: string): InformerCache<KubeObject> {
    let cache = this.caches.get(resource);
    if (!cache) {
      cache = new InformerCache(resource, (error) => {
        throw error;
      });
      this.caches.set(resource, cache);
      cache.replace([...(this.objects.get(resource)?.values() ?? [])]);
    }
    return cache;
  }

  private of(resource: string): Map<string, KubeObject> {
    const map = this.objects.get(resource) ?? new Map<string, KubeObject>();
    this.objects.set(resource, map);
    return map;
  }

  private store(resource: string, object: KubeObject, type: 'ADDED' | 'MODIFIED'): KubeObject {
    object.metadata.resourceVersion = String(++this.revision);
    this.of(resource).set(`${object.metadata.namespace ?? ''}/${object.metadata.name}`, object);
    this.cache(resource).apply(type, structuredClone(object));
    return structuredClone(object);
  }

  private drop(resource: string, object: KubeObject): void {
    this.of(resource).delete(`${object.metadata.namespace ?? ''}/${object.metadata.name}`);
    this.cache(resource).apply('DELETED', object);
  }

  private find(resource: string, namespace: string, name: string): KubeObject {
    const object = this.of(resource).get(`${namespace}/${name}`);
    if (!object) throw notFound(parseGroupResource(resource), name);
    return object;
  }

  async get<R extends string, S extends string = ''>(
    resource: R,
    namespace: string,
    name: string,
  ): Promise<ObjectOf<R, S>> {
    return structuredClone<object>(this.find(resource, namespace, name)) as ObjectOf<R, S>;
  }

  async list<R extends string>(
    resource: R,
    { namespace }: { namespace?: string } = {},
  ): Promise<ClientList<ObjectOf<R>>> {
    const items = [...this.of(resource).values()].filter(
      (object) => namespace === undefined || object.metadata.namespace === namespace,
    );
    return { items: structuredClone<object[]>(items) as ObjectOf<R>[], resourceVersion: String(this.revision) };
  }

  async create<R extends string, S extends string = ''>(
    resource: R,
    value: New<ObjectOf<R, S>>,
    options: { subresource?: S; name?: string } = {},
  ): Promise<ObjectOf<R, S>> {
    return this.make(resource, structuredClone<object>(value) as KubeObject, options) as object as ObjectOf<R, S>;
  }

  private make(resource: string, object: KubeObject, options: { subresource?: string; name?: string }): KubeObject {
    if (options.subresource === 'binding') return this.bind(object, options.name!);
    const { generateName } = object.metadata;
    if (!object.metadata.name && generateName)
      object.metadata.name = `${generateName}${(this.revision + 1).toString(36).padStart(5, '0')}`;
    this.refuse('create', resource, object);
    const { namespace = '', name } = object.metadata;
    if (this.of(resource).has(`${namespace}/${name}`)) throw alreadyExists(parseGroupResource(resource), name);
    const [kind, version] = KINDS[resource] ?? ['Thing', 'v1'];
    const group = parseGroupResource(resource).group;
    object.kind = kind;
    object.apiVersion = group ? `${group}/${version}` : version;
    object.metadata.uid = `uid-${this.revision + 1}`;
    object.metadata.generation = 1;
    object.metadata.creationTimestamp = formatTime(this.clock.now());
    if (resource === 'pods') object['status'] ??= PENDING.status;
    this.writes.push(`create ${resource} ${namespace}/${name}`);
    return this.store(resource, object, 'ADDED');
  }

  private bind(binding: KubeObject, name: string): KubeObject {
    const pod = structuredClone(this.find('pods', binding.metadata.namespace ?? '', name));
    pod['spec'].nodeName = binding['target'].name;
    this.writes.push(`bind ${name} ${binding['target'].name}`);
    return this.store('pods', pod, 'MODIFIED');
  }

  async update<R extends string, S extends string = ''>(
    resource: R,
    value: ObjectOf<R, S>,
    subresource?: S,
  ): Promise<ObjectOf<R, S>> {
    const object = structuredClone<object>(value) as KubeObject;
    const old = this.find(resource, object.metadata.namespace ?? '', object.metadata.name);
    this.refuse('update', resource, object);
    const { resourceVersion, namespace = '', name } = object.metadata;
    if (resourceVersion && resourceVersion !== old.metadata.resourceVersion)
      throw conflict(parseGroupResource(resource), name, MODIFIED);
    this.writes.push(`update ${resource}${subresource ? `/${subresource}` : ''} ${namespace}/${name}`);
    return this.put(resource, old, object, subresource) as object as ObjectOf<R, S>;
  }

  private put(resource: string, old: KubeObject, object: KubeObject, subresource?: string): KubeObject {
    const next: KubeObject = {
      ...object,
      kind: old.kind,
      apiVersion: old.apiVersion,
      metadata: { ...object.metadata, uid: old.metadata.uid },
    };
    if (subresource === 'status' || subresource === 'approval') next['spec'] = old['spec'];
    else if (subresource !== 'finalize') next['status'] = old['status'];
    const changed = JSON.stringify(next['spec']) !== JSON.stringify(old['spec']);
    next.metadata.generation = (old.metadata.generation ?? 1) + (changed ? 1 : 0);
    next.metadata.deletionTimestamp = old.metadata.deletionTimestamp;
    if (
      JSON.stringify({ ...next, metadata: { ...next.metadata, resourceVersion: '' } }) ===
      JSON.stringify({ ...old, metadata: { ...old.metadata, resourceVersion: '' } })
    )
      return structuredClone(old);
    const left =
      (next.metadata.finalizers?.length ?? 0) +
      (resource === 'namespaces' ? (next['spec']?.finalizers?.length ?? 0) : 0);
    if (next.metadata.deletionTimestamp && left === 0) {
      this.drop(resource, next);
      return next;
    }
    return this.store(resource, next, 'MODIFIED');
  }

  async patch<R extends string>(
    resource: R,
    namespace: string,
    name: string,
    patch: unknown,
    options: ClientPatchOptions = {},
  ): Promise<ObjectOf<R>> {
    const old = this.find(resource, namespace, name);
    const { uid, resourceVersion } = (patch as KubeObject).metadata ?? {};
    if ((uid && uid !== old.metadata.uid) || (resourceVersion && resourceVersion !== old.metadata.resourceVersion)) {
      throw conflict(parseGroupResource(resource), name, MODIFIED);
    }
    this.writes.push(`patch ${resource}${options.subresource ? `/${options.subresource}` : ''} ${namespace}/${name}`);
    const merged = merge(old, patch, options.type === 'strategic') as KubeObject;
    return this.put(resource, old, merged, options.subresource) as object as ObjectOf<R>;
  }

  async delete(resource: string, namespace: string, name: string, options: ClientDeleteOptions = {}): Promise<void> {
    const old = this.find(resource, namespace, name);
    if (options.uid && options.uid !== old.metadata.uid) throw conflict(parseGroupResource(resource), name, MODIFIED);
    this.refuse('delete', resource, old);
    this.writes.push(`delete ${resource} ${namespace}/${name}`);
    const finalizers = [...(old.metadata.finalizers ?? [])];
    if (options.propagationPolicy === 'Foreground' && !finalizers.includes('foregroundDeletion'))
      finalizers.push('foregroundDeletion');
    if (options.propagationPolicy === 'Orphan' && !finalizers.includes('orphan')) finalizers.push('orphan');
    const graceful =
      resource === 'pods' &&
      old['spec']?.nodeName &&
      options.gracePeriodSeconds !== 0 &&
      old['status']?.phase === 'Running';
    if (finalizers.length === 0 && !graceful && !(resource === 'namespaces' && old['spec']?.finalizers?.length))
      return this.drop(resource, old);
    if (old.metadata.deletionTimestamp) return;
    const next = structuredClone(old);
    next.metadata.finalizers = finalizers;
    next.metadata.deletionTimestamp = formatTime(this.clock.now());
    this.store(resource, next, 'MODIFIED');
  }

  async resources(): Promise<ClientResource[]> {
    const verbs = ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch'];
    return Object.entries(KINDS).map(([resource, [kind, version, namespaced = true]]) => ({
      resource,
      group: parseGroupResource(resource).group,
      version,
      kind,
      namespaced,
      verbs,
    }));
  }

  query(): never {
    throw new Error('a loop has no reason to send documents of its own');
  }
  watch(): never {
    throw new Error('loops watch through informers');
  }
  as(): Client {
    return this;
  }

  /** Makes an object as somebody else would, whatever it is. */
  async add(resource: string, object: { metadata: NewMeta; [field: string]: unknown }): Promise<KubeObject> {
    return this.make(resource, structuredClone<object>(object) as KubeObject, {});
  }

  /** Changes an object as somebody else would. */
  async edit(
    resource: string,
    namespace: string,
    name: string,
    change: (object: KubeObject) => void,
    subresource?: string,
  ): Promise<void> {
    const object = await this.get(resource, namespace, name);
    change(object);
    await this.update(resource, object, subresource);
  }
}

function merge(target: unknown, patch: unknown, byType: boolean): unknown {
  if (Array.isArray(patch) && byType && Array.isArray(target) && patch.every((item) => item?.type)) {
    return [...target.filter((old) => !patch.some(({ type }) => type === old.type)), ...patch];
  }
  if (patch === null || typeof patch !== 'object' || Array.isArray(patch)) return structuredClone(patch);
  const result: Record<string, unknown> = { ...(target as Record<string, unknown>) };
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else if (value !== undefined) result[key] = merge(result[key], value, byType);
  }
  return result;
}
