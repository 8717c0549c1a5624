import type { Pod, PodStatus } from '../../../schema/types.ts';
import { isStatusError } from '../../meta/status.ts';
import { formatTime } from '../../meta/time.ts';
import { isPodTerminal, isTerminalPhase } from '../../rules/pods.ts';
import { MountError } from '../volumes/pod-volumes.ts';
import type { AgentContext } from './agent-context.ts';
import type { Sandbox } from './container-spec.ts';
import { ContainerWorker } from './container-worker.ts';
import { podFiles } from './pod-files.ts';
import { initDone } from './pod-phase.ts';
import { podStatus } from './pod-status.ts';
import { isSidecar, restarts } from './restart-policy.ts';
import { StatusReporter } from './status-reporter.ts';

/** How often the volumes that follow config maps, secrets and tokens are brought up to date, ms. */
const VOLUME_REFRESH_MS = 10_000;
/** How soon a step that failed is tried again, ms: doubled from the first to the last. */
const FIRST_RETRY_MS = 500;
const LAST_RETRY_MS = 60_000;

/**
 * One pod on this node: a level-triggered state machine. Whatever happens only asks for another look; `sync` compares
 * what should be with what is and takes the next steps. One `sync` runs at a time.
 */
export class PodWorker {
  readonly init: ContainerWorker[];
  readonly main: ContainerWorker[];
  sandbox: Sandbox | undefined;
  private readonly reporter: StatusReporter;
  private readonly startTime: string;
  private verdict: { reason: string; message: string } | undefined;
  private active = false;
  private again = false;
  private closed = false;
  private ended = false;
  private retries = 0;
  private refreshedAt = 0;
  private timer: unknown;

  /** @param done called once the pod is gone from the API and nothing of it is left here */
  constructor(
    private pod: Pod,
    private readonly context: AgentContext,
    private readonly done: () => void,
  ) {
    this.startTime = pod.status?.startTime ?? formatTime(context.clock.now());
    const worker = (container: NonNullable<Pod['spec']>['containers'][number]): ContainerWorker =>
      new ContainerWorker(
        container,
        () => this.pod,
        () => this.sandbox,
        context,
        () => this.kick(),
      );
    this.init = (pod.spec?.initContainers ?? []).map(worker);
    this.main = (pod.spec?.containers ?? []).map(worker);
    this.reporter = new StatusReporter(() => this.pod, context);
  }

  get object(): Pod {
    return this.pod;
  }

  get containers(): ContainerWorker[] {
    return [...this.init, ...this.main];
  }

  update(pod: Pod): void {
    const before = this.pod.metadata.deletionTimestamp ? this.graceMs() : undefined;
    this.pod = pod;
    if (before !== undefined && this.graceMs() < before) this.hasten();
    this.kick();
  }

  /** The pod is gone from the API: everything ends at once. */
  removed(): void {
    this.pod = {
      ...this.pod,
      metadata: {
        ...this.pod.metadata,
        deletionTimestamp: formatTime(this.context.clock.now()),
        deletionGracePeriodSeconds: 0,
      },
    };
    this.ended = true;
    this.hasten();
    this.kick();
  }

  /** Containers that are being stopped have no more than the grace period that is said now. */
  private hasten(): void {
    for (const each of this.containers) if (each.isStopping) void each.stop(this.graceMs(), '');
  }

  kick(): void {
    this.again = true;
    if (!this.active && !this.closed) void this.loop();
  }

  /** The agent stops. @param kill whether the containers end with it */
  async close(kill: boolean): Promise<void> {
    this.closed = true;
    this.context.clock.clearTimeout(this.timer);
    for (const each of this.containers) each.release();
    if (kill) await Promise.all(this.containers.map((each) => each.stop(1, `Stopping container ${each.name}`)));
    await this.reporter.flushed();
  }

  private async loop(): Promise<void> {
    this.active = true;
    while (this.again && !this.closed) {
      this.again = false;
      try {
        const wait = await this.sync();
        this.retries = 0;
        if (wait !== undefined) this.later(wait);
      } catch (error) {
        this.failed(error);
      }
    }
    this.active = false;
  }

  private later(ms: number): void {
    const { clock } = this.context;
    clock.clearTimeout(this.timer);
    if (!this.closed) this.timer = clock.setTimeout(() => this.kick(), Math.max(1, ms));
  }

  private failed(error: unknown): void {
    const message = error instanceof Error ? error.message : String(error);
    const reason = error instanceof MountError ? 'FailedMount' : 'FailedCreatePodSandBox';
    this.context.events.event(this.pod, 'Warning', reason, message);
    this.report();
    this.later(Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(this.retries++, 10)));
  }

  /** @returns ms after which to look again, undefined when an event will tell */
  private async sync(): Promise<number | undefined> {
    if (this.pod.metadata.deletionTimestamp) return this.terminate();
    if (isPodTerminal(this.pod) && !this.containers.some((each) => each.running)) return this.settle();
    const deadline = this.deadline();
    if (deadline !== undefined && deadline <= 0 && !this.verdict) {
      this.verdict = {
        reason: 'DeadlineExceeded',
        message: 'Pod was active on the node longer than the specified deadline',
      };
      this.context.events.event(this.pod, 'Normal', 'DeadlineExceeded', this.verdict.message);
    }
    if (this.verdict) {
      await this.stopAll();
      this.report();
      return this.settle();
    }
    await this.prepare();
    const wait = this.advance();
    const { phase } = this.report();
    // A failed init container ends the pod, and with it the sidecars that it had.
    if (isTerminalPhase(phase) && this.containers.some((each) => each.running)) void this.stopAll();
    const waits = [wait, deadline, VOLUME_REFRESH_MS].filter((each) => each !== undefined);
    return Math.min(...waits);
  }

  /** ms until activeDeadlineSeconds is over */
  private deadline(): number | undefined {
    const seconds = this.pod.spec?.activeDeadlineSeconds;
    return seconds === undefined ? undefined : Date.parse(this.startTime) + seconds * 1000 - this.context.clock.now();
  }

  private async prepare(): Promise<void> {
    const { network, volumes, clock, hostIP, allocatable } = this.context;
    const { uid } = this.pod.metadata;
    if (this.sandbox && clock.now() - this.refreshedAt < VOLUME_REFRESH_MS) return;
    const address = this.pod.spec?.hostNetwork
      ? { ip: hostIP }
      : (this.sandbox?.address ?? (await network.attach(uid)));
    const facts = { podIPs: [address.ip], hostIP, allocatable };
    try {
      const paths = await volumes.prepare(this.pod, facts);
      this.sandbox = {
        address,
        facts,
        volumes: paths,
        etc: this.sandbox?.etc ?? podFiles(this.pod, address.ip, this.context),
      };
    } catch (error) {
      // A running pod keeps what its volumes had; only the start waits for them.
      if (!this.sandbox) throw error;
      this.context.log('volumes were not refreshed', { pod: this.pod.metadata.name, error: String(error) });
    }
    this.refreshedAt = clock.now();
  }

  /** Starts what may start now: init containers one after the other, then all main ones. */
  private advance(): number | undefined {
    const waits: (number | undefined)[] = [];
    const mainBegan = this.main.some((each) => each.running || each.terminated);
    for (const each of this.init) {
      const done = initDone(this.pod, each.container, each.record);
      if (isSidecar(this.pod, each.container)) {
        if (this.mainOver()) continue;
        waits.push(each.ensureRunning(() => true));
      } else if (!done && !mainBegan) {
        waits.push(each.ensureRunning((code) => restarts(this.pod, each.container, code)));
      }
      if (!done && !mainBegan) return minimum(waits);
    }
    if (this.mainOver()) this.stopSidecars();
    for (const each of this.main) waits.push(each.ensureRunning((code) => restarts(this.pod, each.container, code)));
    return minimum(waits);
  }

  private mainOver(): boolean {
    return this.main.every((each) => each.terminated && !restarts(this.pod, each.container, each.terminated.exitCode));
  }

  /** Sidecars end after the others, last started first (KEP-753). */
  private stopSidecars(): void {
    const last = this.init.findLast((each) => each.running);
    if (last) void last.stop(this.graceMs(), `Stopping container ${last.name}`);
  }

  private graceMs(): number {
    const { metadata, spec } = this.pod;
    return (metadata.deletionGracePeriodSeconds ?? spec?.terminationGracePeriodSeconds ?? 30) * 1000;
  }

  private async stopAll(): Promise<void> {
    const grace = this.graceMs();
    const until = this.context.clock.now() + grace;
    await Promise.all(this.main.map((each) => each.stop(grace, `Stopping container ${each.name}`)));
    for (const each of [...this.init].reverse()) {
      const left = Math.min(this.graceMs(), until - this.context.clock.now());
      await each.stop(Math.max(0, left), `Stopping container ${each.name}`);
    }
  }

  private async terminate(): Promise<number | undefined> {
    await this.stopAll();
    // A start that was under way when the deletion came ends first.
    if (this.containers.some((each) => each.running)) return FIRST_RETRY_MS;
    if (!this.ended) {
      this.report();
      await this.reporter.flushed();
    }
    const { namespace = '', name, uid } = this.pod.metadata;
    await this.context.network.detach(uid);
    if (!this.ended) {
      await this.context.client
        .delete('pods', namespace, name, { gracePeriodSeconds: 0, uid })
        .catch((error: unknown) => {
          if (!isStatusError(error, 'NotFound') && !isStatusError(error, 'Conflict')) throw error;
        });
    }
    // A finalizer may keep the object; what the pod had on this node is gone all the same.
    const identity = { namespace, name, uid };
    await this.context.runtime.removePod(identity);
    await this.context.volumes.remove(uid);
    await this.context.logs.remove(identity);
    this.closed = true;
    this.done();
    return undefined;
  }

  /** A finished pod gives back its network; its logs and records stay until it is deleted. */
  private async settle(): Promise<undefined> {
    if (this.sandbox) await this.context.network.detach(this.pod.metadata.uid);
    this.sandbox = undefined;
    return undefined;
  }

  private report(): PodStatus {
    const view = ({ container, record, ready }: ContainerWorker) => ({ container, record: { ...record }, ready });
    const podIP = this.sandbox?.address.ip ?? this.pod.status?.podIP;
    const status = podStatus(this.pod, {
      init: this.init.map(view),
      main: this.main.map(view),
      hostIP: this.context.hostIP,
      podIP,
      startTime: this.startTime,
      verdict: this.verdict,
      over: Boolean(this.pod.metadata.deletionTimestamp) && !this.containers.some((each) => each.running),
      now: this.context.clock.now(),
    });
    this.reporter.report(status);
    return status;
  }
}

function minimum(waits: readonly (number | undefined)[]): number | undefined {
  const known = waits.filter((each) => each !== undefined);
  return known.length ? Math.min(...known) : undefined;
}
