import type { Pod } from '../../../schema/types.ts';
import type { Informer } from '../../client/contract.ts';
import type { Rejection } from '../admission/admission.ts';
import { isStaticPod } from '../../rules/critical-pod.ts';
import { isPodTerminal } from '../../rules/pods.ts';
import { admit } from '../admission/admit.ts';
import { PREEMPTED } from '../admission/preemption.ts';
import type { ShutdownPeriods } from '../contract.ts';
import { shutdownOrder, TERMINATED } from '../node-shutdown.ts';
import { MirrorPods } from '../static/mirror-pods.ts';
import type { ManifestFolder } from '../static/manifest-folder.ts';
import { isMirrorPod } from '../static/static-pod.ts';
import type { AgentContext } from './agent-context.ts';
import { collectPods } from './collect-pods.ts';
import { PodWorker } from './pod-worker.ts';
import { rejectPod } from './reject-pod.ts';

const keyOf = ({ metadata }: Pod): string => `${metadata.namespace}/${metadata.name}`;

/** One worker for each pod that is bound to this node, or that a manifest of its own says. */
export class PodManager {
  private readonly workers = new Map<string, PodWorker>();
  /** uids of pods that this node is done with while a finalizer keeps their object; forgotten with the object */
  private readonly finished = new Set<string>();
  private unsubscribe: () => void = () => undefined;
  /** static pods that the node does not take, by uid */
  private readonly refused = new Map<string, Rejection>();
  private readonly mirrors: MirrorPods;
  /** uids of the pictures of static pods, by the pods' names */
  private readonly shown = new Map<string, string>();

  constructor(
    private readonly pods: Informer<Pod>,
    private readonly context: AgentContext,
    private readonly manifests?: ManifestFolder,
  ) {
    this.mirrors = new MirrorPods(pods, context, (key) => this.staticPod(key));
  }

  /** Takes over what runs from before, and follows from then on. The informer must be synced. */
  async start(): Promise<void> {
    const known: Pod[] = [];
    let follows = false;
    this.unsubscribe = this.pods.follow((pod, old) => {
      if (follows) this.changed(pod, old);
      else if (pod) known.push(pod);
    });
    follows = true;
    // what the node needs to work comes before what works on it
    await this.manifests?.start(() => this.followManifests());
    if (this.manifests) this.followManifests();
    for (const pod of known.sort(byAdmission)) this.changed(pod, undefined);
    await collectPods((uid) => this.workers.has(uid), this.context);
  }

  /** @param graceMs containers end with the agent, and have so long at most; undefined: they go on without it */
  async stop(graceMs: number | undefined): Promise<void> {
    this.unsubscribe();
    this.manifests?.stop();
    this.mirrors.stop();
    await Promise.all([...this.workers.values()].map((worker) => worker.close(graceMs)));
  }

  /** Ends all pods for the node's sake, those of one priority after the other. Resolves when they have ended. */
  async shutDown(periods: ShutdownPeriods): Promise<void> {
    const holding = this.allWorkers().filter((worker) => worker.holds);
    for (const { pods, grace } of shutdownOrder(
      holding.map((worker) => worker.object),
      periods,
    ))
      await Promise.all(
        holding.filter((worker) => pods.includes(worker.object)).map((worker) => worker.end(TERMINATED, grace)),
      );
  }

  worker(namespace: string, name: string): PodWorker | undefined {
    for (const worker of this.workers.values()) {
      const { metadata } = worker.object;
      if (metadata.namespace === namespace && metadata.name === name) return worker;
    }
    return undefined;
  }

  list(): Pod[] {
    return [...this.workers.values()].map((worker) => worker.object);
  }

  allWorkers(): PodWorker[] {
    return [...this.workers.values()];
  }

  private isMine(pod: Pod): boolean {
    return pod.spec?.nodeName === this.context.nodeName;
  }

  private changed(pod: Pod | undefined, old: Pod | undefined): void {
    const either = pod ?? old;
    if (either && isMirrorPod(either) && this.isMine(either)) return this.mirrored(either);
    if (old && old.metadata.uid !== pod?.metadata.uid && this.isMine(old)) this.gone(old);
    if (!pod || !this.isMine(pod)) return;
    const { uid } = pod.metadata;
    const worker = this.workers.get(uid);
    if (worker) worker.update(pod);
    else if (!this.finished.has(uid)) this.add(pod);
  }

  /** Those that are said now run, those that are not end; another one of the same name waits for that. */
  private followManifests(): void {
    const wanted = this.manifests?.pods ?? new Map<string, Pod>();
    for (const uid of this.refused.keys()) {
      if (wanted.has(uid)) continue;
      this.refused.delete(uid);
      this.finished.delete(uid);
    }
    for (const worker of this.workers.values()) {
      const { object } = worker;
      if (isStaticPod(object) && !wanted.has(object.metadata.uid)) worker.retire();
    }
    for (const [uid, pod] of wanted) {
      const { namespace = '', name } = pod.metadata;
      if (!this.finished.has(uid) && !this.worker(namespace, name)) this.add(pod);
    }
    const mirrors = this.pods.list().filter((pod) => isMirrorPod(pod) && this.isMine(pod));
    for (const key of new Set([...wanted.values(), ...mirrors].map(keyOf))) this.mirrors.sync(key);
  }

  /** The one of that name whose picture is to be seen: until it has ended the one that runs. */
  private staticPod(key: string): Pod | undefined {
    const running = [...this.workers.values()].map(({ object }) => object);
    const wanted = [...(this.manifests?.pods.values() ?? [])];
    return [...running.filter(isStaticPod), ...wanted].find((pod) => keyOf(pod) === key);
  }

  /** @param mirror as it is, or as it was until now */
  private mirrored(mirror: Pod): void {
    const key = keyOf(mirror);
    this.mirrors.sync(key);
    const pod = this.staticPod(key);
    const picture = pod && this.mirrors.of(pod);
    if (!picture) return void this.shown.delete(key);
    if (this.shown.get(key) === picture.metadata.uid) return;
    this.shown.set(key, picture.metadata.uid);
    const { uid } = pod.metadata;
    const rejection = this.refused.get(uid);
    if (rejection) rejectPod(pod, rejection, this.context, () => this.mirrors.of(pod));
    else this.workers.get(uid)?.pictured();
  }

  private add(pod: Pod): void {
    const { uid } = pod.metadata;
    const preempt = isAdmitted(pod) ? [] : this.admit(pod);
    if (!preempt) return;
    const done = (): void => {
      this.workers.delete(uid);
      this.finished.add(uid);
      if (this.pods.get(pod.metadata.namespace ?? '', pod.metadata.name)?.metadata.uid !== uid)
        this.finished.delete(uid);
      if (isStaticPod(pod)) this.followManifests();
    };
    const others = (): Pod[] =>
      [...this.workers.values()].filter((each) => each !== worker && each.holds).map((each) => each.object);
    const picture = isStaticPod(pod) ? () => this.mirrors.of(pod) : undefined;
    const worker = new PodWorker(pod, this.context, done, others, picture);
    this.workers.set(uid, worker);
    // Those that give way end first.
    void Promise.all(preempt.map((each) => each.end(PREEMPTED))).then(() => worker.kick());
  }

  /** @returns the workers of those that end for it; undefined when the node does not take it, and has said so */
  private admit(pod: Pod): PodWorker[] | undefined {
    const { context } = this;
    const others = [...this.workers.values()].filter((each) => each.holds);
    const admission = admit({
      pod,
      node: context.node(),
      others: others.map((each) => each.object),
      policy: context.policy(),
    });
    if ('preempt' in admission) return others.filter((each) => admission.preempt.includes(each.object));
    this.finished.add(pod.metadata.uid);
    if (isStaticPod(pod)) this.refused.set(pod.metadata.uid, admission.rejection);
    else rejectPod(pod, admission.rejection, context);
    return undefined;
  }

  private gone(pod: Pod): void {
    const { uid } = pod.metadata;
    this.finished.delete(uid);
    this.workers.get(uid)?.removed();
  }
}

/** A pod that the node has taken already, or that is over: what it may take now is no longer asked of it. */
const isAdmitted = (pod: Pod): boolean =>
  pod.status?.startTime !== undefined || isPodTerminal(pod) || pod.metadata.deletionTimestamp !== undefined;

/** Those that the node has taken before, then the others in the order in which they were made. */
const byAdmission = (a: Pod, b: Pod): number =>
  Number(isAdmitted(b)) - Number(isAdmitted(a)) ||
  Date.parse(a.metadata.creationTimestamp) - Date.parse(b.metadata.creationTimestamp);
