import type { Node, Pod, PodStatus } from '../../../../schema/types.ts';
import type { Informer } from '../../../client/contract.ts';
import { unlessChanged } from '../../../control/conflict.ts';
import type { Clock } from '../../../rules/clock.ts';
import type { Gate } from '../../../rules/gate.ts';
import { isPodTerminal } from '../../../rules/pods.ts';
import type { NodePolicy } from '../../admission/admission.ts';
import { admit } from '../../admission/admit.ts';
import { PREEMPTED } from '../../admission/preemption.ts';
import { rejectedStatus } from '../../admission/rejected-status.ts';
import { sysctlAllowlist } from '../../admission/sysctls.ts';
import { PodAddresses } from './pod-addresses.ts';
import type { SimulatedNode } from './simulated-node.ts';
import { exitCodeOf, factsOf, statusAfter } from './simulated-status.ts';
import { nextStage, waitMs, type Stage } from './stages.ts';

const RETRY_MS = 1000;
/** What a timer takes; longer waits are several. */
const LONGEST_MS = 24 * 3600_000;
const BY_NODE = 'simulated-node';
/** A simulated machine has a kernel with everything, and is never short of anything. */
const POLICY: NodePolicy = { sysctls: sysctlAllowlist('6.12'), pressure: [], shuttingDown: false };

export interface PodLivesOptions {
  pods: Informer<Pod>;
  nodes: Informer<Node>;
  /** the simulated ones, by name */
  simulated: ReadonlyMap<string, SimulatedNode>;
  gate: Gate;
  clock: Clock;
  /** 0 ≤ n < 1 */
  random(): number;
  log(message: string, fields?: Record<string, unknown>): void;
  /** share of runs that fail, of pods that say none */
  failureRate: number;
}

/** The lives of all pods of simulated nodes. What is kept for a pod that stays as it is: its address, and that it was admitted. */
export class PodLives {
  /** uid → the stage that waits for its time, or is written */
  private readonly busy = new Map<string, { timer: unknown; stage: Stage | undefined; running: boolean }>();
  private readonly admitted = new Set<string>();
  /** those that have failed, of which the API has still to say so */
  private readonly failing = new Set<string>();
  private readonly addresses = new PodAddresses();
  private unsubscribe: () => void = () => undefined;
  private stopped = false;

  constructor(private readonly options: PodLivesOptions) {
    options.pods.addIndex(BY_NODE, ({ spec }) => (spec?.nodeName ? [spec.nodeName] : []));
  }

  start(): void {
    this.unsubscribe = this.options.pods.follow((pod, old) => {
      if (pod) this.look(pod);
      else if (old) this.forget(old.metadata.uid);
    });
  }

  /** The node is one of the simulation from now on: pods may be on it already. */
  adopt(node: string): void {
    for (const pod of this.options.pods.index(BY_NODE, node)) this.look(pod);
  }

  stop(): void {
    this.stopped = true;
    this.unsubscribe();
    for (const { timer } of this.busy.values()) this.options.clock.clearTimeout(timer);
  }

  private look(pod: Pod): void {
    const node = this.options.simulated.get(pod.spec?.nodeName ?? '');
    if (!node || this.stopped) return;
    const { uid } = pod.metadata;
    this.addresses.adopt(pod);
    if (isPodTerminal(pod)) this.failing.delete(uid);
    if (this.failing.has(uid) || !this.isAdmitted(pod, node)) return;
    const { clock, random, failureRate } = this.options;
    const facts = factsOf(pod, clock.now(), failureRate);
    const stage = nextStage(facts);
    const waiting = this.busy.get(uid);
    const wait = waitMs(facts, stage, random());
    // One that is written looks again when it is done.
    if (waiting && (waiting.running || wait === undefined || (stage && waiting.stage?.name === stage.name))) return;
    if (waiting) clock.clearTimeout(waiting.timer);
    if (wait === undefined) this.busy.delete(uid);
    else this.later(pod, stage, wait);
  }

  private later(pod: Pod, stage: Stage | undefined, wait: number): void {
    const ms = Math.min(wait, LONGEST_MS);
    const { namespace = '', name, uid } = pod.metadata;
    const { clock, gate, log, pods } = this.options;
    const entry = { timer: undefined as unknown, stage, running: false };
    entry.timer = clock.setTimeout(() => {
      const current = pods.get(namespace, name);
      if (!current || current.metadata.uid !== uid) return this.forget(uid);
      const next = nextStage(factsOf(current, clock.now(), this.options.failureRate));
      if (ms < wait) return this.later(current, stage, wait - ms);
      if (!next) return void this.busy.delete(uid);
      entry.running = true;
      void gate
        .run(() => this.play(current, next))
        .then(
          () => {
            this.busy.delete(uid);
            const after = pods.get(namespace, name);
            if (after && after !== current) this.look(after);
          },
          (error: unknown) => {
            log('a simulated pod could not go on', { pod: name, stage: next.name, error: String(error) });
            if (!this.stopped) this.later(current, next, RETRY_MS);
          },
        );
    }, ms);
    this.busy.set(uid, entry);
  }

  private async play(pod: Pod, stage: Stage): Promise<void> {
    const { namespace = '', name, uid } = pod.metadata;
    const { simulated, clock, random, failureRate } = this.options;
    const node = simulated.get(pod.spec?.nodeName ?? '');
    if (!node || this.failing.has(uid)) return;
    if (stage.name === 'delete') {
      // nobody else would see how it ended before it is gone
      if (pod.metadata.finalizers?.length && !isPodTerminal(pod)) {
        const moment = { ip: this.addresses.of(uid), hostIP: node.hostIP, now: clock.now() };
        await write(pod, node, statusAfter(pod, 'delete', moment));
      }
      await unlessChanged(node.client.delete('pods', namespace, name, { gracePeriodSeconds: 0, uid }));
      return;
    }
    const exitCode = exitCodeOf(factsOf(pod, clock.now(), failureRate).steering, random());
    const moment = { ip: this.addresses.of(uid), hostIP: node.hostIP, now: clock.now(), exitCode };
    await write(pod, node, statusAfter(pod, stage.name, moment));
  }

  /** As the kubelet decides it, once: a pod that has begun, or has ended, is not asked again. */
  private isAdmitted(pod: Pod, node: SimulatedNode): boolean {
    const { uid, deletionTimestamp } = pod.metadata;
    if (this.admitted.has(uid) || pod.status?.startTime !== undefined || isPodTerminal(pod) || deletionTimestamp) {
      if (isPodTerminal(pod)) this.admitted.delete(uid);
      else this.admitted.add(uid);
      return true;
    }
    const object = this.options.nodes.get('', node.name) ?? node.object;
    if (!object) return false;
    const others = this.options.pods
      .index(BY_NODE, node.name)
      .filter((each) => each.metadata.uid !== uid && !isPodTerminal(each) && this.holds(each));
    const decision = admit({ pod, node: object, others, policy: POLICY });
    this.admitted.add(uid);
    const now = this.options.clock.now();
    if ('rejection' in decision) {
      this.fail(pod, node, rejectedStatus(pod, decision.rejection, now));
      return false;
    }
    for (const victim of decision.preempt) {
      const moment = { ip: this.addresses.of(victim.metadata.uid), hostIP: node.hostIP, now, verdict: PREEMPTED };
      this.fail(victim, node, statusAfter(victim, 'expire', moment));
    }
    return true;
  }

  private holds({ metadata: { uid }, status }: Pod): boolean {
    return this.admitted.has(uid) || (status?.startTime !== undefined && !this.failing.has(uid));
  }

  /** Written until it is taken. */
  private fail(pod: Pod, node: SimulatedNode, status: Partial<PodStatus>): void {
    const { gate, clock, log } = this.options;
    this.admitted.delete(pod.metadata.uid);
    this.failing.add(pod.metadata.uid);
    void gate
      .run(() => write(pod, node, status))
      .catch((error: unknown) => {
        log('a simulated pod could not be ended', { pod: pod.metadata.name, error: String(error) });
        if (!this.stopped) clock.setTimeout(() => this.fail(pod, node, status), RETRY_MS);
      });
  }

  private forget(uid: string): void {
    const waiting = this.busy.get(uid);
    if (waiting) this.options.clock.clearTimeout(waiting.timer);
    this.busy.delete(uid);
    this.admitted.delete(uid);
    this.failing.delete(uid);
    this.addresses.release(uid);
  }
}

async function write({ metadata }: Pod, { client }: SimulatedNode, status: Partial<PodStatus>): Promise<void> {
  const { namespace = '', name, uid } = metadata;
  const patch = { metadata: { uid }, status };
  await unlessChanged(client.patch('pods', namespace, name, patch, { type: 'strategic', subresource: 'status' }));
}
