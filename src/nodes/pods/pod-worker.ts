import type { Pod, PodStatus } from '../../../schema/types.ts';
import { formatTime } from '../../meta/time.ts';
import { isPodTerminal, isTerminalPhase } from '../../rules/pods.ts';
import { DeviceError } from '../devices/device-error.ts';
import { MountError } from '../volumes/mount-error.ts';
import type { AgentContext } from './agent-context.ts';
import type { Sandbox } from './container-spec.ts';
import type { ContainerWorker } from './container-worker.ts';
import { graceMs, PodContainers } from './pod-containers.ts';
import { PodSandbox, VOLUME_REFRESH_MS } from './pod-sandbox.ts';
import { podStatus, type Verdict } from './pod-status.ts';
import { PodResize } from '../resize/pod-resize.ts';
import { StatusReporter } from './status-reporter.ts';
import { TERMINATED } from '../node-shutdown.ts';
import { terminatePod } from './terminate-pod.ts';

/** How soon a step that failed is tried again, ms: doubled from the first to the last. */
const FIRST_RETRY_MS = 500;
const LAST_RETRY_MS = 60_000;

const reasonOf = (error: unknown): string => {
  if (error instanceof DeviceError) return 'FailedPrepareDynamicResources';
  return error instanceof MountError ? 'FailedMount' : 'FailedCreatePodSandBox';
};

/**
 * One pod on this node: a level-triggered state machine. Whatever happens only asks for another look; `sync` compares
 * what should be with what is and takes the next steps. One `sync` runs at a time.
 */
export class PodWorker {
  private readonly workers: PodContainers;
  private readonly shared: PodSandbox;
  private readonly reporter: StatusReporter;
  private readonly startTime: string;
  private verdict: Verdict | undefined;
  private active = false;
  private again = false;
  private closed = false;
  private ended = false;
  private retries = 0;
  private timer: unknown;
  private readonly resize: PodResize;
  /** with the resources that the pod has */
  private pod: Pod;
  private recovery: Promise<void> | undefined;

  /**
   * @param desired with the resources that the pod asks for
   * @param done called once the pod is gone from the API and nothing of it is left here
   * @param others the node's other pods that have not ended
   * @param picture of a static pod: what the API shows of it, while it does
   */
  constructor(
    private desired: Pod,
    private readonly context: AgentContext,
    private readonly done: () => void,
    others: () => readonly Pod[],
    private readonly picture?: () => Pod | undefined,
  ) {
    const pod = desired;
    this.resize = new PodResize(pod, context, others);
    this.pod = this.resize.allocated(pod);
    this.startTime = pod.status?.startTime ?? formatTime(context.clock.now());
    this.shared = new PodSandbox(context);
    const host = {
      pod: () => this.pod,
      podIP: () => this.shared.ip,
      sandbox: () => this.sandbox,
      running: (name: string) => this.containers.find((each) => each.name === name)?.running,
      kick: () => this.kick(),
    };
    this.workers = new PodContainers(host, context);
    this.reporter = new StatusReporter(picture ?? (() => this.pod), context);
  }

  get object(): Pod {
    return this.pod;
  }

  get sandbox(): Sandbox | undefined {
    return this.shared.current;
  }

  get containers(): ContainerWorker[] {
    return this.workers.all;
  }

  update(pod: Pod): void {
    const before = this.pod.metadata.deletionTimestamp ? graceMs(this.pod) : undefined;
    this.desired = pod;
    this.pod = this.resize.allocated(pod);
    this.workers.update();
    if (before !== undefined && graceMs(pod) < before) this.workers.hasten();
    this.kick();
  }

  /** The API shows a static pod anew. */
  pictured(): void {
    this.reporter.restart();
    this.kick();
  }

  /** A static pod whose manifest has gone: it ends as a pod that is deleted does. */
  retire(): void {
    if (this.ended) return;
    const deletionTimestamp = formatTime(this.context.clock.now());
    this.pod = { ...this.pod, metadata: { ...this.pod.metadata, deletionTimestamp } };
    this.ended = true;
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
    this.workers.hasten();
    this.kick();
  }

  /** Whether what it asks for is in use: it has not ended. */
  get holds(): boolean {
    return !isPodTerminal(this.pod) || this.workers.running;
  }

  /** The node ends the pod, which has failed so. Resolves when its containers have ended. @param grace ms at most */
  async end(verdict: Verdict, grace?: number): Promise<void> {
    this.verdict ??= verdict;
    if (verdict !== TERMINATED) this.context.events.event(this.pod, 'Warning', verdict.reason, verdict.message);
    this.kick();
    await (this.recovery ??= this.workers.recover());
    await this.workers.stop(grace);
  }

  kick(): void {
    this.again = true;
    if (!this.active && !this.closed) void this.loop();
  }

  /**
   * The agent stops. @param graceMs containers end with it, and have so long at most; undefined: they go on, to be taken
   * over by the next run
   */
  async close(graceMs: number | undefined): Promise<void> {
    this.closed = true;
    this.context.clock.clearTimeout(this.timer);
    this.workers.release();
    await this.recovery;
    if (graceMs !== undefined) await this.workers.stop(graceMs);
    this.report();
    await this.reporter.close();
    if (graceMs !== undefined) await this.shared.suspend(this.pod);
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
    const reason = reasonOf(error);
    this.context.events.event(this.pod, 'Warning', reason, message);
    this.report();
    this.later(Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(this.retries++, 10)));
  }

  /** @returns ms after which to look again, undefined when an event will tell */
  private async sync(): Promise<number | undefined> {
    await (this.recovery ??= this.workers.recover());
    if (this.pod.metadata.deletionTimestamp) return this.terminate();
    if (isPodTerminal(this.pod)) return this.settle();
    const deadline = this.deadline();
    if (deadline !== undefined && deadline <= 0 && !this.verdict) {
      this.verdict = {
        reason: 'DeadlineExceeded',
        message: 'Pod was active on the node longer than the specified deadline',
      };
      this.context.events.event(this.pod, 'Normal', 'DeadlineExceeded', this.verdict.message);
    }
    if (this.verdict) return this.settle();
    await this.shared.prepare(this.pod);
    if (this.resize.decide(this.desired)) this.pod = this.resize.allocated(this.desired);
    await this.resize.apply(this.pod, this.containers, graceMs(this.pod));
    if (this.closed) return undefined;
    const wait = this.workers.advance();
    const { phase } = this.report();
    if (isTerminalPhase(phase) && !this.workers.running && this.shared.holdsDevices(this.pod)) {
      await this.shared.letGo(this.pod);
      this.report();
    }
    // A failed init container ends the pod, and with it the sidecars that it had.
    if (isTerminalPhase(phase) && this.workers.running) void this.workers.stop();
    const waits = [wait, deadline, VOLUME_REFRESH_MS].filter((each) => each !== undefined);
    return Math.min(...waits);
  }

  /** ms until activeDeadlineSeconds is over */
  private deadline(): number | undefined {
    const seconds = this.pod.spec?.activeDeadlineSeconds;
    return seconds === undefined ? undefined : Date.parse(this.startTime) + seconds * 1000 - this.context.clock.now();
  }

  /** It has ended, or has to: nothing of it starts again. */
  private async settle(): Promise<undefined> {
    if (this.workers.running || this.verdict) {
      await this.stopAll();
      await this.shared.letGo(this.pod);
      this.report();
    }
    await this.shared.release(this.pod);
  }

  private async terminate(): Promise<number | undefined> {
    await this.stopAll();
    // A start that was under way when the deletion came ends first.
    if (this.workers.running) return FIRST_RETRY_MS;
    await this.shared.letGo(this.pod);
    if (!this.ended) {
      this.report();
      await this.reporter.flushed();
    }
    await terminatePod(this.pod, this.ended, this.context);
    this.closed = true;
    this.done();
    return undefined;
  }

  /** Their hooks may need the address that they have had all the time. */
  private async stopAll(): Promise<void> {
    if (this.workers.running)
      await this.shared
        .attach(this.pod)
        .catch((error: unknown) => this.context.log('a pod that ends has no address', { error: String(error) }));
    await this.workers.stop();
  }

  private report(): PodStatus {
    const view = ({ container, record }: ContainerWorker) => ({ container, record: { ...record } });
    const { workers, pod } = this;
    const status = podStatus(pod, {
      init: workers.init.map(view),
      main: workers.main.map(view),
      ephemeral: workers.added.map(view),
      hostIP: this.context.hostIP,
      podIP: this.shared.ip ?? pod.status?.podIP,
      startTime: this.startTime,
      verdict: this.verdict,
      resize: this.resize.conditions,
      over: Boolean(pod.metadata.deletionTimestamp) && !workers.running,
      now: this.context.clock.now(),
    });
    // once told that it is over, the claims are freed, and their devices are others'
    if (isTerminalPhase(status.phase) && this.shared.holdsDevices(pod)) return status;
    // nobody else keeps it
    if (this.picture) this.pod = { ...pod, status };
    this.reporter.report(status);
    return status;
  }
}
