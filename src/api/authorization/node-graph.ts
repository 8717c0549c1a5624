import type { Key, Store, StoreEvent, Stored } from '../../store/contract.ts';
import { objectAs } from '../object-as.ts';
import { claimsOf, configMapsOf, resourceClaimsOf, secretsOf } from '../../rules/pod-references.ts';
import { volumeSecretsOf } from './volume-secrets.ts';

/** What the pods of a node lead to, by name. */
export type Reached = 'secrets' | 'configmaps' | 'persistentvolumeclaims' | 'resourceclaims' | 'serviceaccounts';

interface Known {
  readonly node: string;
  readonly uid: string;
  /** as they were counted; undefined: not yet */
  references?: readonly (readonly [Reached, string])[];
}
interface NodeEntry {
  pods: number;
  /** keys of pods whose references have not been counted, or may be others now */
  readonly changed: Set<string>;
  /** resource → `namespace/name` → how many references of pods lead to it */
  readonly counts: Map<Reached, Map<string, number>>;
}
interface Volume {
  readonly claim: string;
  readonly secrets: readonly string[];
}

/** How many objects the graph holds: a test sees by it that it grows with what there is and with nothing else. */
export interface GraphSize {
  pods: number;
  nodes: number;
  references: number;
  volumes: number;
}

const keyOf = ({ namespace, name }: Pick<Key, 'namespace' | 'name'>): string => `${namespace}/${name}`;

/**
 * What nodes may read by way of the pods that are bound to them (KEP-279): node ← pod ← Secret, ConfigMap, claim,
 * ServiceAccount; claim ← volume ← Secret. Kept up with the store event by event, so a change is in force with the first
 * request after its commit. A pod's event notes that the pod has changed, and no more: what the pod refers to is read
 * when its node asks next, so the many writes of a pod's status cost nothing.
 */
export class NodeGraph {
  private readonly pods = new Map<string, Known>();
  private readonly nodes = new Map<string, NodeEntry>();
  /** by name */
  private readonly volumes = new Map<string, Volume>();
  /** `namespace/name` of a claim → the volumes that say that they are its */
  private readonly volumesOf = new Map<string, Set<Volume>>();
  private readonly stops = new Map<string, () => void>();
  private readonly listeners: ((node: string | undefined) => void)[] = [];

  constructor(private readonly store: Store) {
    this.follow('pods', (stored, gone) => this.pod(stored, gone));
    this.follow('persistentvolumes', (stored, gone) => this.volume(stored, gone));
  }

  /** Is the pod bound to the node? */
  hasPod(node: string, namespace: string, name: string): boolean {
    return this.pods.get(`${namespace}/${name}`)?.node === node;
  }

  /** Does a pod of the node lead to the object? */
  reaches(node: string, resource: Reached, namespace: string, name: string): boolean {
    const counts = this.countsOf(node);
    const key = `${namespace}/${name}`;
    if (counts?.get(resource)?.has(key)) return true;
    if (resource !== 'secrets') return false;
    for (const claim of counts?.get('persistentvolumeclaims')?.keys() ?? [])
      for (const { secrets } of this.volumesOf.get(claim) ?? []) if (secrets.includes(key)) return true;
    return false;
  }

  /** Is the volume that of a claim of one of the node's pods? */
  reachesVolume(node: string, name: string): boolean {
    const volume = this.volumes.get(name);
    return volume !== undefined && this.countsOf(node)?.get('persistentvolumeclaims')?.has(volume.claim) === true;
  }

  /** Calls back after each change by which a node (undefined: any) may have fewer rights. */
  onLessened(listener: (node: string | undefined) => void): void {
    this.listeners.push(listener);
  }

  size(): GraphSize {
    let references = 0;
    for (const { counts } of this.nodes.values()) for (const byName of counts.values()) references += byName.size;
    return { pods: this.pods.size, nodes: this.nodes.size, references, volumes: this.volumes.size };
  }

  close(): void {
    for (const stop of this.stops.values()) stop();
  }

  /** Reads what is there and follows; a watch that is too far behind is begun again from a list. */
  private follow(resource: string, apply: (stored: Stored, gone: boolean) => void): void {
    const { items, revision } = this.store.list({ resource });
    for (const stored of items) apply(stored, false);
    const stop = this.store.watch({ resource }, revision, {
      onEvents: (events: readonly StoreEvent[]) => {
        for (const { type, stored } of events) apply(stored, type === 'DELETED');
      },
      onEnd: (reason) => {
        if (reason !== 'expired') return;
        if (resource === 'pods') this.forgetPods();
        else this.forgetVolumes();
        this.follow(resource, apply);
        this.tell(undefined);
      },
    });
    this.stops.set(resource, stop);
  }

  private forgetPods(): void {
    this.pods.clear();
    this.nodes.clear();
  }

  private forgetVolumes(): void {
    this.volumes.clear();
    this.volumesOf.clear();
  }

  private tell(node: string | undefined): void {
    for (const listener of this.listeners) listener(node);
  }

  private pod(stored: Stored, gone: boolean): void {
    const key = keyOf(stored);
    const node = gone ? '' : (stored.fields?.['spec.nodeName'] ?? '');
    let known = this.pods.get(key);
    if (known && (known.node !== node || known.uid !== stored.uid)) {
      this.leave(key, known);
      known = undefined;
    }
    if (!node) return;
    const entry = this.entryOf(node);
    if (!known) {
      this.pods.set(key, { node, uid: stored.uid });
      entry.pods++;
    }
    entry.changed.add(key);
  }

  private entryOf(node: string): NodeEntry {
    let entry = this.nodes.get(node);
    if (!entry) this.nodes.set(node, (entry = { pods: 0, changed: new Set(), counts: new Map() }));
    return entry;
  }

  private leave(key: string, { node, references = [] }: Known): void {
    this.pods.delete(key);
    const entry = this.nodes.get(node);
    if (!entry) return;
    entry.changed.delete(key);
    if (--entry.pods === 0) this.nodes.delete(node);
    else count(entry, references, -1);
    this.tell(node);
  }

  /** What the node's pods refer to now. */
  private countsOf(node: string): NodeEntry['counts'] | undefined {
    const entry = this.nodes.get(node);
    if (!entry) return undefined;
    for (const key of entry.changed) this.recount(entry, key);
    entry.changed.clear();
    return entry.counts;
  }

  private recount(entry: NodeEntry, key: string): void {
    const known = this.pods.get(key);
    const [namespace = '', name = ''] = key.split('/');
    const stored = this.store.get({ resource: 'pods', namespace, name });
    // its end is told by an event
    if (!known || stored?.uid !== known.uid) return;
    const references = referencesOf(stored);
    count(entry, references, 1);
    count(entry, known.references ?? [], -1);
    known.references = references;
  }

  private volume(stored: Stored, gone: boolean): void {
    const old = this.volumes.get(stored.name);
    if (old) {
      this.volumes.delete(stored.name);
      const others = this.volumesOf.get(old.claim);
      others?.delete(old);
      if (others?.size === 0) this.volumesOf.delete(old.claim);
    }
    const object = objectAs('persistentvolumes', stored);
    const { namespace = '', name } = object.spec?.claimRef ?? {};
    if (!gone && name) {
      const volume: Volume = { claim: `${namespace}/${name}`, secrets: volumeSecretsOf(object) };
      this.volumes.set(stored.name, volume);
      const others = this.volumesOf.get(volume.claim);
      if (others) others.add(volume);
      else this.volumesOf.set(volume.claim, new Set([volume]));
    }
    // only a Secret can be watched by way of a volume
    if (old?.secrets.length) this.tell(undefined);
  }
}

/** What a pod gives its node the right to read. A mirror pod gives none: it is the node that has made it. */
function referencesOf(stored: Stored): readonly (readonly [Reached, string])[] {
  const pod = objectAs('pods', stored);
  if (pod.metadata.annotations?.['kubernetes.io/config.mirror'] !== undefined) return [];
  const { spec } = pod;
  const all: readonly (readonly [Reached, readonly string[]])[] = [
    ['serviceaccounts', spec?.serviceAccountName ? [spec.serviceAccountName] : []],
    ['secrets', secretsOf(spec)],
    ['configmaps', configMapsOf(spec)],
    ['persistentvolumeclaims', claimsOf(pod)],
    ['resourceclaims', resourceClaimsOf(pod)],
  ];
  return all.flatMap(([resource, names]) =>
    [...new Set(names)].map((name) => [resource, `${stored.namespace}/${name}`] as const),
  );
}

function count({ counts }: NodeEntry, references: Known['references'] & object, by: 1 | -1): void {
  for (const [resource, key] of references) {
    let byName = counts.get(resource);
    if (!byName) counts.set(resource, (byName = new Map()));
    const now = (byName.get(key) ?? 0) + by;
    if (now > 0) byName.set(key, now);
    else byName.delete(key);
  }
}
