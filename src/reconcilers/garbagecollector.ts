import type { ClientResource } from '../client/contract.ts';
import type { Context, Key, Reconciler } from '../control/contract.ts';
import { apiVersionOf } from '../meta/gvk.ts';
import type { KubeObject, OwnerReference } from '../meta/object.ts';
import { isStatusError } from '../meta/status.ts';
import { unlessGone } from '../control/conflict.ts';
import { OwnerGraph, type GraphNode } from './owner-graph.ts';

/** New kinds (custom resources) are looked for so often, ms. */
const DISCOVERY_PERIOD = 5_000;
/** How soon they are looked for when an owner is of a kind that is not known, ms. */
const DISCOVERY_DELAY = 500;
/** Owners known to be gone. */
const ABSENT_LIMIT = 500;
/** Kinds that own nothing and are owned by nobody, but are many. */
const IGNORED = new Set(['events', 'events.events.k8s.io']);

/**
 * Deletes what has lost its owners, in the background or in the foreground, and orphans what must stay (the API server
 * only marks an owner with finalizers). Keys are `discover`, and `delete:UID` and `orphan:UID` of an object in the graph.
 */
export function garbagecollector(): Reconciler {
  let collector: Collector | undefined;
  return {
    name: 'generic-garbage-collector',
    account: 'generic-garbage-collector',
    source: 'garbage-collector-controller',
    workers: 20,
    watches: [],
    start(ctx) {
      ctx.signal.addEventListener('abort', () => collector?.stop());
      ctx.enqueueAfter('discover', 0);
    },
    async reconcile(key, ctx) {
      collector ??= new Collector(ctx);
      if (key === 'discover') {
        await collector.discover();
        return { requeueAfter: DISCOVERY_PERIOD };
      }
      const colon = key.indexOf(':');
      const uid = key.slice(colon + 1);
      await (key.startsWith('orphan:') ? collector.orphan(uid) : collector.attempt(uid));
      return undefined;
    },
  };
}

type Fate = 'solid' | 'dangling' | 'waiting';

class Collector {
  private readonly graph = new OwnerGraph();
  private readonly watched = new Map<string, () => void>();
  private readonly absent = new Set<string>();
  /** UIDs of objects in the graph with an owner of a kind that is not known: looked at again when it is */
  private readonly unclear = new Set<string>();
  private byKind = new Map<string, ClientResource>();

  constructor(private readonly ctx: Context) {}

  stop(): void {
    for (const unsubscribe of this.watched.values()) unsubscribe();
    this.watched.clear();
  }

  async discover(): Promise<void> {
    const resources = await this.ctx.client.resources();
    this.byKind = new Map(resources.map((resource) => [`${resource.group}/${resource.kind}`, resource]));
    const wanted = new Map<string, ClientResource>();
    for (const resource of resources) {
      if (IGNORED.has(resource.resource)) continue;
      if (['delete', 'list', 'watch'].every((verb) => resource.verbs.includes(verb)))
        wanted.set(resource.resource, resource);
    }
    for (const [name, unsubscribe] of this.watched) {
      if (wanted.has(name)) continue;
      unsubscribe();
      this.watched.delete(name);
    }
    for (const resource of wanted.values()) if (!this.watched.has(resource.resource)) this.watch(resource);
    for (const uid of this.unclear) {
      const node = this.graph.get(uid);
      if (node?.owners.some((owner) => this.isUnclear(node, owner))) continue;
      this.unclear.delete(uid);
      if (node) this.later('delete', node);
    }
  }

  private watch(resource: ClientResource): void {
    const informer = this.ctx.informer(resource.resource);
    this.watched.set(
      resource.resource,
      informer.follow((object, old) => this.changed(resource, object, old)),
    );
  }

  private later(kind: 'delete' | 'orphan', node: GraphNode): void {
    this.ctx.enqueueAfter(`${kind}:${node.uid}` satisfies Key, 0);
  }

  private changed(resource: ClientResource, object: KubeObject | undefined, old: KubeObject | undefined): void {
    if (!object) {
      const { uid } = old!.metadata;
      const gone = this.graph.remove(uid);
      for (const dependent of this.graph.dependentsOf(uid)) this.later('delete', dependent);
      for (const owner of gone?.owners ?? []) this.wakeForeground(owner.uid);
      return;
    }
    const { node, old: before } = this.graph.put(resource.resource, apiVersionOf(resource), resource.kind, object);
    this.tellOfForeignOwners(node, before);
    for (const owner of before?.owners ?? []) {
      if (!node.owners.some(({ uid, blockOwnerDeletion }) => uid === owner.uid && blockOwnerDeletion))
        this.wakeForeground(owner.uid);
    }
    if (node.orphaning && !before?.orphaning) this.later('orphan', node);
    if (node.foreground && !before?.foreground) {
      this.later('delete', node);
      for (const dependent of this.graph.dependentsOf(node.uid)) this.later('delete', dependent);
    }
    if (node.deleting || node.owners === before?.owners) return;
    if (node.owners.some((owner) => !this.isKnown(node, owner) || this.graph.get(owner.uid)?.foreground))
      this.later('delete', node);
  }

  /** A reference reaches its own namespace only; one to what is seen in another leads nowhere, and is told once. */
  private tellOfForeignOwners(node: GraphNode, before: GraphNode | undefined): void {
    for (const owner of node.owners) {
      if (!before?.owners.some(({ uid }) => uid === owner.uid)) this.tellIfForeign(node, this.graph.get(owner.uid));
    }
    if (!before) for (const dependent of this.graph.dependentsOf(node.uid)) this.tellIfForeign(dependent, node);
  }

  private tellIfForeign({ owners, apiVersion, kind, ...dependent }: GraphNode, owner: GraphNode | undefined): void {
    if (!owner?.namespace || owner.namespace === dependent.namespace) return;
    const reference = owners.find(({ uid }) => uid === owner.uid);
    if (!reference) return;
    const { namespace, name, uid } = dependent;
    const about = { apiVersion, kind, metadata: { name, uid, ...(namespace && { namespace }) } };
    const shown = `[${reference.apiVersion}/${reference.kind}, namespace: ${namespace}, name: ${reference.name}, uid: ${reference.uid}]`;
    const message = `ownerRef ${shown} does not exist in namespace ${JSON.stringify(namespace)}`;
    this.ctx.events.event(about, 'Warning', 'OwnerRefInvalidNamespace', message);
  }

  private wakeForeground(uid: string): void {
    const owner = this.graph.get(uid);
    if (owner?.foreground) this.later('delete', owner);
  }

  /** The owner is in the graph and is where the reference says: a reference reaches its own namespace and cluster scope only. */
  private isKnown(node: GraphNode, owner: OwnerReference): boolean {
    const known = this.graph.get(owner.uid);
    return (
      !!known &&
      known.name === owner.name &&
      known.kind === owner.kind &&
      (known.namespace === '' || known.namespace === node.namespace)
    );
  }

  private resourceOf({ apiVersion, kind }: OwnerReference): ClientResource | undefined {
    return this.byKind.get(`${apiVersion.includes('/') ? apiVersion.split('/')[0] : ''}/${kind}`);
  }

  /** Nobody can say whether the owner is there: its kind is not known, or not yet. */
  private isUnclear(node: GraphNode, owner: OwnerReference): boolean {
    return !this.isGone(node, owner) && !this.isKnown(node, owner) && !this.resourceOf(owner);
  }

  private isGone({ namespace }: GraphNode, { uid }: OwnerReference): boolean {
    return this.absent.has(`${namespace}/${uid}`);
  }

  /** Deletes the object if nothing owns it any more, and goes on with a foreground deletion that has reached it. */
  async attempt(uid: string): Promise<void> {
    const node = this.graph.get(uid);
    if (!node || (node.deleting && !node.foreground)) return;
    const live = await this.read(node);
    if (!live || live.metadata.uid !== uid) return;
    if (node.foreground) return this.finishForeground(node, live);
    const owners = live.metadata.ownerReferences ?? [];
    if (owners.length === 0) return;
    if (owners.some((owner) => this.isUnclear(node, owner))) {
      this.unclear.add(uid);
      this.ctx.enqueueAfter('discover', DISCOVERY_DELAY);
      return;
    }
    const fates = new Map<OwnerReference, Fate>();
    for (const owner of owners) fates.set(owner, await this.fateOf(node, owner));
    const count = (fate: Fate): number => owners.filter((owner) => fates.get(owner) === fate).length;
    if (count('solid') > 0) {
      if (count('solid') < owners.length) {
        await this.setOwners(
          node,
          live,
          owners.filter((owner) => fates.get(owner) === 'solid'),
        );
      }
      return;
    }
    const dependents = this.graph.dependentsOf(uid);
    if (count('waiting') > 0 && dependents.length > 0) {
      // A circle in which both wait for each other would never end: this one stops blocking.
      if (dependents.some((dependent) => dependent.foreground)) {
        await this.setOwners(
          node,
          live,
          owners.map((owner) => ({ ...owner, blockOwnerDeletion: false })),
        );
      }
      return this.remove(node, live, 'Foreground');
    }
    const finalizers = live.metadata.finalizers ?? [];
    await this.remove(
      node,
      live,
      finalizers.includes('orphan')
        ? 'Orphan'
        : finalizers.includes('foregroundDeletion')
          ? 'Foreground'
          : 'Background',
    );
  }

  private async finishForeground(node: GraphNode, live: KubeObject): Promise<void> {
    const blocking = this.graph
      .dependentsOf(node.uid)
      .filter(({ owners }) => owners.some(({ uid, blockOwnerDeletion }) => uid === node.uid && blockOwnerDeletion));
    if (blocking.length === 0) return this.dropFinalizer(node, live, 'foregroundDeletion');
    for (const dependent of blocking) if (!dependent.foreground) this.later('delete', dependent);
  }

  private async fateOf(node: GraphNode, owner: OwnerReference): Promise<Fate> {
    if (this.isGone(node, owner)) return 'dangling';
    if (this.isKnown(node, owner)) return this.graph.get(owner.uid)!.foreground ? 'waiting' : 'solid';
    const resource = this.resourceOf(owner);
    if (!resource) throw new Error(`no resource is served for owner kind ${owner.kind} of ${owner.apiVersion}`);
    // it cannot be looked for: it may be in any namespace
    if (resource.namespaced && node.namespace === '') return 'solid';
    try {
      const live = await this.ctx.client.get(resource.resource, resource.namespaced ? node.namespace : '', owner.name);
      if (live.metadata.uid === owner.uid) {
        return live.metadata.deletionTimestamp && live.metadata.finalizers?.includes('foregroundDeletion')
          ? 'waiting'
          : 'solid';
      }
    } catch (error) {
      if (!isStatusError(error, 'NotFound')) throw error;
    }
    this.absent.add(`${node.namespace}/${owner.uid}`);
    if (this.absent.size > ABSENT_LIMIT) this.absent.delete(this.absent.values().next().value!);
    return 'dangling';
  }

  /** Takes the reference to this owner from every dependent, then lets the owner go. */
  async orphan(uid: string): Promise<void> {
    const node = this.graph.get(uid);
    if (!node?.orphaning) return;
    for (const dependent of this.graph.dependentsOf(uid)) {
      const live = await this.read(dependent);
      if (live?.metadata.uid !== dependent.uid) continue;
      await this.setOwners(
        dependent,
        live,
        (live.metadata.ownerReferences ?? []).filter((owner) => owner.uid !== uid),
      );
    }
    const live = await this.read(node);
    if (live?.metadata.uid === uid) await this.dropFinalizer(node, live, 'orphan');
  }

  private async read({ resource, namespace, name }: GraphNode): Promise<KubeObject | undefined> {
    return unlessGone(this.ctx.client.get(resource, namespace, name));
  }

  private async setOwners(node: GraphNode, live: KubeObject, ownerReferences: OwnerReference[]): Promise<void> {
    await this.patch(node, live, { ownerReferences: ownerReferences.length ? ownerReferences : null });
  }

  private async dropFinalizer(node: GraphNode, live: KubeObject, finalizer: string): Promise<void> {
    const finalizers = (live.metadata.finalizers ?? []).filter((name) => name !== finalizer);
    await this.patch(node, live, { finalizers: finalizers.length ? finalizers : null });
  }

  private async patch(
    { resource, namespace, name, uid }: GraphNode,
    live: KubeObject,
    metadata: Record<string, unknown>,
  ): Promise<void> {
    const { resourceVersion } = live.metadata;
    await unlessGone(
      this.ctx.client.patch(resource, namespace, name, { metadata: { ...metadata, uid, resourceVersion } }),
    );
  }

  private async remove(
    { resource, namespace, name, uid }: GraphNode,
    live: KubeObject,
    propagationPolicy: 'Orphan' | 'Foreground' | 'Background',
  ): Promise<void> {
    const { resourceVersion } = live.metadata;
    await unlessGone(this.ctx.client.delete(resource, namespace, name, { propagationPolicy, uid, resourceVersion }));
  }
}
