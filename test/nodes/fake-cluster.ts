import type { Client, Informer, ObjectOf } from '../../src/client/contract.ts';
import type { KubeObject } from '../../src/meta/object.ts';
import { notFound, alreadyExists } from '../../src/meta/status.ts';

type Listener = (object: KubeObject | undefined, old: KubeObject | undefined) => void;

/** An API of objects in memory, as a client and as informers: enough for a node, and synchronous underneath. */
export class FakeCluster {
  readonly objects = new Map<string, Map<string, KubeObject>>();
  readonly users: string[] = [];
  private readonly listeners = new Map<string, Set<Listener>>();
  private revision = 0;

  put(resource: string, object: unknown): KubeObject {
    const stored = structuredClone(object) as KubeObject;
    stored.metadata.uid ??= `uid-${++this.revision}`;
    stored.metadata.resourceVersion = String(++this.revision);
    const table = this.table(resource);
    const key = keyOf(stored);
    const old = table.get(key);
    table.set(key, stored);
    for (const listener of this.listeners.get(resource) ?? []) listener(stored, old);
    return stored;
  }

  remove(resource: string, namespace: string, name: string): void {
    const old = this.table(resource).get(`${namespace}/${name}`);
    this.table(resource).delete(`${namespace}/${name}`);
    for (const listener of this.listeners.get(resource) ?? []) listener(undefined, old);
  }

  get(resource: string, namespace: string, name: string): KubeObject | undefined {
    return this.table(resource).get(`${namespace}/${name}`);
  }

  /** As `kubectl delete` does it to a pod. */
  deletePod(namespace: string, name: string, grace: number): void {
    const pod = structuredClone(this.get('pods', namespace, name)!);
    Object.assign(pod.metadata, { deletionTimestamp: '2030-01-01T00:00:00Z', deletionGracePeriodSeconds: grace });
    this.put('pods', pod);
  }

  client(user = ''): Client {
    const missing = (resource: string, name: string) => notFound({ group: '', resource }, name);
    const find = (resource: string, namespace: string, name: string): KubeObject => {
      const found = this.get(resource, namespace, name);
      if (!found) throw missing(resource, name);
      return structuredClone(found);
    };
    return {
      get: async (resource: string, namespace: string, name: string) => find(resource, namespace, name),
      list: async (resource: string) => ({ items: [...this.table(resource).values()], resourceVersion: '1' }),
      create: async (resource: string, object: KubeObject, options?: { subresource?: string }) => {
        if (options?.subresource === 'token')
          return { ...object, status: { token: 'a-token', expirationTimestamp: '2100-01-01T00:00:00Z' } };
        if (this.table(resource).has(keyOf(object))) throw alreadyExists({ group: '', resource }, object.metadata.name);
        return this.put(resource, object);
      },
      patch: async (resource: string, namespace: string, name: string, patch: KubeObject) => {
        const found = find(resource, namespace, name);
        return this.put(resource, merge(found, patch));
      },
      delete: async (resource: string, namespace: string, name: string) => {
        find(resource, namespace, name);
        this.remove(resource, namespace, name);
      },
      as: (next: string) => {
        this.users.push(next);
        return this.client(next);
      },
      user,
    } as unknown as Client;
  }

  informer = <R extends string>(resource: R): Informer<ObjectOf<R>> => {
    type T = ObjectOf<R>;
    const indexes = new Map<string, (object: never) => readonly string[]>();
    const list = (namespace?: string) =>
      [...this.table(resource).values()].filter((each) => !namespace || each.metadata.namespace === namespace);
    return {
      resource,
      synced: true,
      whenSynced: () => Promise.resolve(),
      get: (namespace, name) => this.get(resource, namespace, name) as T | undefined,
      list: (namespace) => list(namespace) as T[],
      index: (name, value) => list().filter((each) => indexes.get(name)!(each as never).includes(value)) as T[],
      addIndex: (name, values) => void indexes.set(name, values as never),
      onChange: (listener) => {
        const set = this.listeners.get(resource) ?? new Set();
        this.listeners.set(resource, set.add(listener as Listener));
        return () => set.delete(listener as Listener);
      },
    };
  };

  private table(resource: string): Map<string, KubeObject> {
    let table = this.objects.get(resource);
    if (!table) this.objects.set(resource, (table = new Map()));
    return table;
  }
}

const keyOf = (object: KubeObject): string => `${object.metadata.namespace ?? ''}/${object.metadata.name}`;

/** Strategic merge as far as statuses need it: conditions by type, other lists whole, null removes. */
function merge(target: any, patch: any): any {
  for (const [key, value] of Object.entries<any>(patch)) {
    if (value === null) delete target[key];
    else if (key === 'conditions') {
      const list = [...(target[key] ?? [])];
      for (const each of value) {
        const at = list.findIndex((other) => other.type === each.type);
        if (at < 0) list.push(merge({}, each));
        else list[at] = merge(structuredClone(list[at]), each);
      }
      target[key] = list;
    } else if (typeof value === 'object' && !Array.isArray(value)) target[key] = merge(target[key] ?? {}, value);
    else target[key] = value;
  }
  return target;
}
