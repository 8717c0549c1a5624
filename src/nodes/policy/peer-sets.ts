import { createHash } from 'node:crypto';
import type { LabelSelector, Namespace, Pod } from '../../../schema/types.ts';
import type { Informer } from '../../client/contract.ts';
import { labelMatcher, type LabelMatcher } from '../../control/selector.ts';
import { isPodTerminal } from '../../rules/pods.ts';
import { podPort } from './pod-port.ts';

/** Pods that a rule speaks of. */
export interface PeerSelector {
  /** of this namespace alone; undefined: of those that the selector takes */
  namespace: string | undefined;
  namespaceSelector: LabelSelector | undefined;
  podSelector: LabelSelector;
  /** their port of this name, with its protocol in capitals; undefined: the pods themselves */
  named?: { name: string; protocol: string } | undefined;
}

interface PeerSet {
  selector: PeerSelector;
  ofNamespace: LabelMatcher;
  ofPod: LabelMatcher;
  /** by uid of the pod: keys in the kernel's set */
  members: Map<string, readonly string[]>;
  /** undefined after a change */
  elements: ReadonlyMap<string, string> | undefined;
  used: boolean;
}

const ANY: LabelMatcher = () => true;

/** The addresses of the pods that selectors take, kept as pods and namespaces change: each change looks at one pod. */
export class PeerSets {
  private readonly sets = new Map<string, PeerSet>();
  /** sets that were forgotten since the start */
  forgotten = 0;

  constructor(
    private readonly pods: Pick<Informer<Pod>, 'list'>,
    private readonly namespaces: Pick<Informer<Namespace>, 'get'>,
  ) {}

  /** The name of the set of these pods; it is there from now until `sweep` finds it unused. */
  nameOf(selector: PeerSelector): string {
    const name = `peers-${createHash('sha256').update(JSON.stringify(selector)).digest('hex').slice(0, 20)}`;
    let set = this.sets.get(name);
    if (!set) {
      set = {
        selector,
        ofNamespace: selector.namespaceSelector ? labelMatcher(selector.namespaceSelector) : ANY,
        ofPod: labelMatcher(selector.podSelector),
        members: new Map(),
        elements: undefined,
        used: true,
      };
      this.sets.set(name, set);
      this.fill(set);
    }
    set.used = true;
    return name;
  }

  /** They are still in use. */
  keep(names: readonly string[]): void {
    for (const name of names) {
      const set = this.sets.get(name);
      if (set) set.used = true;
    }
  }

  elements(name: string): ReadonlyMap<string, string> {
    const set = this.sets.get(name);
    if (!set) return new Map();
    set.elements ??= new Map([...set.members.values()].flat().map((key) => [key, '']));
    return set.elements;
  }

  isOfPorts(name: string): boolean {
    return this.sets.get(name)?.selector.named !== undefined;
  }

  /** Forgets the sets that nobody has asked for since the last time. @returns the names of the others */
  sweep(): string[] {
    for (const [name, set] of this.sets) {
      if (!set.used) {
        this.sets.delete(name);
        this.forgotten++;
      }
      set.used = false;
    }
    return [...this.sets.keys()];
  }

  podChanged(pod: Pod | undefined, old: Pod | undefined): void {
    const uid = (pod ?? old)?.metadata.uid;
    if (!uid) return;
    for (const set of this.sets.values()) this.put(set, uid, pod ? this.keysOf(set, pod) : []);
  }

  namespaceChanged(): void {
    for (const set of this.sets.values()) if (set.selector.namespaceSelector) this.fill(set);
  }

  private fill(set: PeerSet): void {
    set.members.clear();
    set.elements = undefined;
    for (const pod of this.pods.list(set.selector.namespace)) this.put(set, pod.metadata.uid, this.keysOf(set, pod));
  }

  private put(set: PeerSet, uid: string, keys: readonly string[]): void {
    if (String(set.members.get(uid) ?? []) === String(keys)) return;
    if (keys.length) set.members.set(uid, keys);
    else set.members.delete(uid);
    set.elements = undefined;
  }

  private keysOf({ selector, ofNamespace, ofPod }: PeerSet, pod: Pod): readonly string[] {
    const { namespace, named } = selector;
    const of = pod.metadata.namespace ?? '';
    if ((namespace !== undefined && of !== namespace) || !ofPod(pod.metadata.labels)) return [];
    const addresses = addressesOf(pod);
    if (!addresses.length || !ofNamespace(this.namespaces.get('', of)?.metadata.labels)) return [];
    if (!named) return addresses;
    const port = podPort(pod, named.name, named.protocol);
    return port ? addresses.map((ip) => `${ip} . ${named.protocol.toLowerCase()} . ${port}`) : [];
  }
}

/** IPv4 addresses that are the pod's alone: one on the host's network has none, and one that has ended lends it on. */
export const addressesOf = (pod: Pod): string[] =>
  pod.spec?.hostNetwork || isPodTerminal(pod)
    ? []
    : (pod.status?.podIPs ?? []).map(({ ip }) => ip).filter((ip) => /^\d+\.\d+\.\d+\.\d+$/.test(ip));
