import type { Namespace, NetworkPolicy, NetworkPolicyPort, Pod } from '../../../schema/types.ts';
import type { Informer } from '../../client/contract.ts';
import type { Informers } from '../../client/informers.ts';
import { labelMatcher, type LabelMatcher } from '../../control/selector.ts';
import type { Clock } from '../../rules/clock.ts';
import { KernelTable, runNft } from '../network/nftables/nft.ts';
import { SyncLoop } from '../network/sync-loop.ts';
import { allowsDns } from './allows-dns.ts';
import { addressesOf, PeerSets, type PeerSelector } from './peer-sets.ts';
import { policyRules, speaksOf, type Direction } from './policy-rules.ts';
import { policyTable, type PolicedPod, type PolicyScope } from './policy-table.ts';

export const POLICIES = 'networkpolicies.networking.k8s.io';
/** What the enforcement of policies reads, of the whole cluster. */
export const POLICY_READS = [POLICIES, 'pods', 'namespaces'] as const;
/** The loop is given back after so long, ms. */
const SLICE_MS = 10;

export interface NetworkPoliciesOptions extends PolicyScope {
  nodeName: string;
  informers: Pick<Informers, 'informer'>;
  clock: Clock;
  log(message: string, fields?: Record<string, unknown>): void;
  run?: typeof runNft;
}

/** What one policy allows, and the sets that this speaks of. */
interface Rules {
  lines: readonly string[];
  sets: readonly string[];
}

interface Local {
  pod: Pod;
  ip: string;
  /** undefined after a change that may matter to it */
  policed: PolicedPod | undefined;
  /** counts such changes */
  version: number;
}

/** Holds the pods of this node to the NetworkPolicies that select them. */
export class NetworkPolicies {
  private readonly policies: Informer<NetworkPolicy>;
  private readonly pods: Informer<Pod>;
  private readonly namespaces: Informer<Namespace>;
  private readonly sets: PeerSets;
  private readonly kernel: KernelTable;
  private readonly loop: SyncLoop;
  /** by uid */
  private readonly locals = new Map<string, Local>();
  private unsubscribe: (() => void)[] = [];
  private readonly matchers = new WeakMap<NetworkPolicy, LabelMatcher>();
  private rules: Record<Direction, WeakMap<NetworkPolicy, Rules>> = { Ingress: new WeakMap(), Egress: new WeakMap() };
  private forgotten = 0;
  /** of the run under way, by the lists that they are made of */
  private readonly lists = new Map<string, readonly string[]>();
  private readonly ids = new WeakMap<readonly string[], number>();
  private nextId = 0;
  private heldSince = 0;
  private synced = false;

  constructor(private readonly options: NetworkPoliciesOptions) {
    const { informers, clock, log, link, run = runNft } = options;
    this.policies = informers.informer(POLICIES);
    this.pods = informers.informer('pods');
    this.namespaces = informers.informer('namespaces');
    this.sets = new PeerSets(this.pods, this.namespaces);
    this.kernel = new KernelTable(`${link}-policy`, run);
    this.loop = new SyncLoop(
      () => this.sync(),
      clock,
      (error) => log('network policies are not brought up to date', { error: String(error) }),
    );
  }

  /** Resolves when the policies that there are hold. */
  async start(): Promise<void> {
    await Promise.all([this.policies, this.pods, this.namespaces].map((each) => each.whenSynced()));
    this.adopt();
    this.unsubscribe = [
      this.policies.follow((policy, old) => this.policyChanged((policy ?? old)?.metadata.namespace ?? '')),
      this.pods.follow((pod, old) => this.podChanged(pod, old)),
      this.namespaces.follow((namespace, old) => {
        if (sameLabels(namespace?.metadata.labels, old?.metadata.labels)) return;
        this.sets.namespaceChanged();
        for (const local of this.locals.values()) touch(local);
        this.loop.request();
      }),
    ];
    this.synced = true;
    await this.loop.flush();
  }

  /** The policies are known and held to. */
  get isSynced(): boolean {
    return this.synced;
  }

  /** Resolves when the pod with this address is held to its policies: before its first container starts. */
  async protect(pod: Pod, ip: string): Promise<void> {
    this.locals.set(pod.metadata.uid, { pod, ip, policed: undefined, version: 0 });
    if (this.synced) await this.loop.flush();
  }

  forget(uid: string): void {
    if (this.locals.delete(uid) && this.synced) this.loop.request();
  }

  /** @param keep leave the policies in force, for the next start to take over */
  async stop(keep: boolean): Promise<void> {
    for (const each of this.unsubscribe) each();
    await this.loop.stop();
    if (!keep) await this.kernel.remove();
  }

  /** Pods that have run on since an earlier start are held to their policies without a gap. */
  private adopt(): void {
    for (const pod of this.pods.list()) {
      const [ip] = pod.spec?.nodeName === this.options.nodeName ? addressesOf(pod) : [];
      const { uid } = pod.metadata;
      if (ip && !this.locals.has(uid)) this.locals.set(uid, { pod, ip, policed: undefined, version: 0 });
    }
  }

  private policyChanged(namespace: string): void {
    for (const local of this.locals.values()) if (local.pod.metadata.namespace === namespace) touch(local);
    this.loop.request();
  }

  private podChanged(pod: Pod | undefined, old: Pod | undefined): void {
    if (pod && old && samePeer(pod, old)) return;
    this.sets.podChanged(pod, old);
    const local = this.locals.get((pod ?? old)?.metadata.uid ?? '');
    if (local && pod) {
      local.pod = pod;
      touch(local);
    }
    this.loop.request();
  }

  private async sync(): Promise<void> {
    const pods: PolicedPod[] = [];
    this.lists.clear();
    for (const local of this.locals.values()) {
      const { version } = local;
      const policed = local.policed ?? (await this.police(local.pod, local.ip));
      if (local.version === version) local.policed = policed;
      this.sets.keep(policed.sets);
      pods.push(policed);
    }
    await this.kernel.apply(policyTable(this.options, pods, this.sets));
  }

  private async police(pod: Pod, ip: string): Promise<PolicedPod> {
    const selecting = this.policies
      .list(pod.metadata.namespace)
      .filter((policy) => this.matcherOf(policy)(pod.metadata.labels))
      .toSorted((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
    const names: string[] = [];
    const rules = async (direction: Direction): Promise<readonly string[] | undefined> => {
      const speaking = selecting.filter((each) => speaksOf(each, direction));
      const parts: Rules[] = [];
      for (const policy of speaking) {
        parts.push(this.rulesOf(pod, policy, direction));
        await this.breathe();
      }
      for (const part of parts) names.push(...part.sets);
      return speaking.length ? this.joined(parts) : undefined;
    };
    const [ingress, egress] = [await rules('Ingress'), await rules('Egress')];
    return { ip, ingress, egress, noDns: egress ? this.noDns(selecting) : [], sets: names };
  }

  private noDns(selecting: readonly NetworkPolicy[]): PolicedPod['noDns'] {
    const dns = {
      ip: this.options.dnsIP ?? '',
      namespaceLabels: this.namespaces.get('', 'kube-system')?.metadata.labels,
    };
    const outward = selecting.filter((each) => speaksOf(each, 'Egress'));
    return (['udp', 'tcp'] as const).filter((protocol) => !allowsDns(outward, protocol === 'udp' ? 'UDP' : 'TCP', dns));
  }

  /** They are the same for all pods that the policy selects, unless it names ports of theirs. */
  private rulesOf(pod: Pod, policy: NetworkPolicy, direction: Direction): Rules {
    if (this.sets.forgotten !== this.forgotten) {
      this.forgotten = this.sets.forgotten;
      this.rules = { Ingress: new WeakMap(), Egress: new WeakMap() };
    }
    const known = this.rules[direction].get(policy);
    if (known) return known;
    const sets: string[] = [];
    const nameOf = (selector: PeerSelector): string => {
      const name = this.sets.nameOf(selector);
      sets.push(name);
      return name;
    };
    const made = { lines: policyRules(pod, policy, direction, { nameOf }), sets };
    const isOfPod = direction === 'Ingress' && policy.spec?.ingress?.some(({ ports }) => ports?.some(isNamed));
    if (!isOfPod) this.rules[direction].set(policy, made);
    return made;
  }

  /** One list for all pods of a run that have the same rules. */
  private joined(parts: readonly Rules[]): readonly string[] {
    const key = parts.map(({ lines }) => this.idOf(lines)).join(' ');
    let lines = this.lists.get(key);
    if (!lines) this.lists.set(key, (lines = [...new Set(parts.flatMap((part) => part.lines)), 'drop']));
    return lines;
  }

  private idOf(lines: readonly string[]): number {
    let id = this.ids.get(lines);
    if (id === undefined) this.ids.set(lines, (id = this.nextId++));
    return id;
  }

  private matcherOf(policy: NetworkPolicy): LabelMatcher {
    let matcher = this.matchers.get(policy);
    if (!matcher) this.matchers.set(policy, (matcher = labelMatcher(policy.spec?.podSelector ?? {})));
    return matcher;
  }

  /** Gives the loop back when it was held for long enough. */
  private async breathe(): Promise<void> {
    if (performance.now() - this.heldSince < SLICE_MS) return;
    await new Promise((resolve) => setImmediate(resolve));
    this.heldSince = performance.now();
  }
}

function touch(local: Local): void {
  local.policed = undefined;
  local.version++;
}

const isNamed = ({ port }: NetworkPolicyPort): boolean => typeof port === 'string';

const sameLabels = (a: Record<string, string> | undefined, b: Record<string, string> | undefined): boolean =>
  JSON.stringify(a ?? {}) === JSON.stringify(b ?? {});

/** Whether nothing has changed that a selector, an address or a named port depends on. */
const samePeer = (a: Pod, b: Pod): boolean =>
  a.metadata.uid === b.metadata.uid &&
  sameLabels(a.metadata.labels, b.metadata.labels) &&
  String(addressesOf(a)) === String(addressesOf(b));
