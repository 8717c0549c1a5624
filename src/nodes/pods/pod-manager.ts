import type { Pod } from '../../../schema/types.ts';
import type { Informer } from '../../client/contract.ts';
import { isPodTerminal } from '../../rules/pods.ts';
import { admit } from '../admission/admit.ts';
import { PREEMPTED } from '../admission/preemption.ts';
import type { AgentContext } from './agent-context.ts';
import { collectPods } from './collect-pods.ts';
import { PodWorker } from './pod-worker.ts';
import { rejectPod } from './reject-pod.ts';

/** One worker for each pod that is bound to this node. */
export class PodManager {
  private readonly workers = new Map<string, PodWorker>();
  /** uids of pods that this node is done with while a finalizer keeps their object; forgotten with the object */
  private readonly finished = new Set<string>();
  private unsubscribe: () => void = () => undefined;

  constructor(
    private readonly pods: Informer<Pod>,
    private readonly context: AgentContext,
  ) {}

  /** Takes over what runs from before, and follows from then on. The informer must be synced. */
  async start(): Promise<void> {
    const known: Pod[] = [];
    let follows = false;
    this.unsubscribe = this.pods.follow((pod, old) => {
      if (follows) this.changed(pod, old);
      else if (pod) known.push(pod);
    });
    follows = true;
    for (const pod of known.sort(byAdmission)) this.changed(pod, undefined);
    await collectPods((uid) => this.workers.has(uid), this.context);
  }

  /** @param graceMs containers end with the agent, and have so long at most; undefined: they go on without it */
  async stop(graceMs: number | undefined): Promise<void> {
    this.unsubscribe();
    await Promise.all([...this.workers.values()].map((worker) => worker.close(graceMs)));
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
    if (old && old.metadata.uid !== pod?.metadata.uid && this.isMine(old)) this.gone(old);
    if (!pod || !this.isMine(pod)) return;
    const { uid } = pod.metadata;
    const worker = this.workers.get(uid);
    if (worker) worker.update(pod);
    else if (!this.finished.has(uid)) this.add(pod);
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
    };
    const others = (): Pod[] =>
      [...this.workers.values()].filter((each) => each !== worker && each.holds).map((each) => each.object);
    const worker = new PodWorker(pod, this.context, done, others);
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
    rejectPod(pod, admission.rejection, context);
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
