import type { Container, ContainerStateTerminated, EphemeralContainer, Pod } from '../../../schema/types.ts';
import { ImageError } from '../images/image-error.ts';
import type { ProbeTarget } from '../probes/run-probe.ts';
import type { ContainerExit, RunningContainer } from '../runtimes/runtime.ts';
import type { AgentContext } from './agent-context.ts';
import { ContainerEnd } from './container-end.ts';
import { terminatedState } from './container-exit.ts';
import { startProbes } from './container-probes.ts';
import { readRecord, recordFromStatus, writeRecord, type ContainerRecord } from './container-record.ts';
import { ConfigError } from './container-environment.ts';
import type { Sandbox } from './container-spec.ts';
import { CrashLoop } from './crash-loop.ts';
import { failedStart } from './failed-step.ts';
import { ImageStep } from './image-step.ts';
import { runHook } from './lifecycle-hook.ts';
import { startContainer } from './start-container.ts';

/** An exec or httpGet hook that never ends, ms, where the grace period does not bound it. */
const HOOK_LIMIT_MS = 10 * 60_000;

/** What a container's worker is told by its pod's, and tells it. */
export interface ContainerHost {
  pod(): Pod;
  /** undefined before the pod has a network, and after it lost it */
  sandbox(): Sandbox | undefined;
  /** of the pod's containers, while it runs */
  running(name: string): RunningContainer | undefined;
  /** something has changed: look again */
  kick(): void;
}

/** A container of any kind. */
export type PodContainer = Container & Pick<EphemeralContainer, 'targetContainerName'>;

/** One container of one pod through all its attempts. It starts and stops when the pod's worker says so. */
export class ContainerWorker {
  record: ContainerRecord;
  ready = false;
  running: RunningContainer | undefined;
  private readonly image: ImageStep;
  private readonly crashLoop = new CrashLoop();
  private busy: 'starting' | 'stopping' | undefined;
  /** a start that is under way: resolves when there is a container to be stopped, or none */
  private beginning: Promise<RunningContainer | undefined> | undefined;
  private end: ContainerEnd | undefined;
  private stopping: Promise<void> | undefined;
  private hookRunning = false;
  private retryAt = 0;
  private stopProbes: () => void = () => undefined;

  constructor(
    readonly container: PodContainer,
    private readonly host: ContainerHost,
    private readonly context: AgentContext,
  ) {
    const pod = host.pod();
    this.record = readRecord(context.podsDir, pod.metadata.uid, container.name) ?? recordFromStatus(pod, container);
    this.image = new ImageStep(container, () => host.pod(), context);
    this.recover();
  }

  get name(): string {
    return this.container.name;
  }

  get terminated(): ContainerStateTerminated | undefined {
    if (this.running || this.busy === 'starting') return undefined;
    return (
      this.record.state.terminated ??
      (this.record.state.waiting?.reason === 'CrashLoopBackOff' ? this.record.lastState?.terminated : undefined)
    );
  }

  /** whether it is being stopped, which takes its time */
  get isStopping(): boolean {
    return this.stopping !== undefined;
  }

  /**
   * Goes towards running. @param mayRestart whether a container that ended is started again
   * @returns ms until it should be called again because of a back-off, undefined when an event will tell
   */
  ensureRunning(mayRestart: (exitCode: number) => boolean): number | undefined {
    if (this.running || this.busy) return undefined;
    const now = this.context.clock.now();
    const ended = this.terminated;
    if (ended) {
      if (!mayRestart(ended.exitCode)) return undefined;
      const wait = this.crashLoop.next(ended, now);
      if (wait > 0) {
        this.backOff(ended);
        return wait;
      }
    }
    if (this.retryAt > now) return this.retryAt - now;
    void this.start(ended);
    return undefined;
  }

  /**
   * preStop hook, SIGTERM, and SIGKILL when `graceMs` is over; one that is being stopped already has no more than
   * `graceMs` left. Resolves when it has ended, also when it was only about to start.
   */
  async stop(graceMs: number, message: string): Promise<void> {
    if (!this.running) this.image.cancel();
    if (!this.running) await this.beginning?.catch(() => undefined);
    if (this.running && this.end) this.end.hasten(graceMs);
    else if (this.running) this.stopping = this.finish(this.running, graceMs, message);
    await this.stopping;
  }

  /** The agent ends without the container: it is left to run, unwatched. */
  release(): void {
    this.stopProbes();
  }

  private async finish(running: RunningContainer, graceMs: number, message: string): Promise<void> {
    this.busy = 'stopping';
    this.stopProbes();
    this.event('Normal', 'Killing', message);
    const warn = (text: string): void => this.event('Warning', 'FailedPreStopHook', text);
    const { clock } = this.context;
    this.end = new ContainerEnd(
      running,
      this.target(running),
      clock,
      graceMs,
      warn,
      this.container.lifecycle?.stopSignal,
    );
    await this.end.done;
    // `onExit` runs in the same turn as this; the worker is free again when both have.
    this.busy = undefined;
    this.end = undefined;
    this.stopping = undefined;
    this.host.kick();
  }

  private async start(previous: ContainerStateTerminated | undefined): Promise<void> {
    this.busy = 'starting';
    try {
      this.beginning = this.begin(previous);
      const running = await this.beginning;
      if (running) await this.postStart(running);
    } catch (error) {
      this.failed(error);
    } finally {
      this.beginning = undefined;
      if (this.busy === 'starting') this.busy = undefined;
      this.host.kick();
    }
  }

  /** @returns undefined when the pod has no sandbox any more, or the start was cancelled */
  private async begin(previous: ContainerStateTerminated | undefined): Promise<RunningContainer | undefined> {
    const attempt = previous ? this.record.restartCount + 1 : this.record.restartCount;
    const sandbox = this.host.sandbox();
    if (!sandbox) return undefined;
    const image = await this.image.get();
    if (!image) return undefined;
    const { container, context } = this;
    const begun = { pod: this.host.pod(), container, image, sandbox, attempt, previous, target: this.targeted() };
    const { running, record } = await startContainer(begun, context);
    this.record = record;
    this.save();
    if (running.live) this.event('Normal', 'Started', 'Container started');
    this.watch(running);
    return running;
  }

  private async postStart(running: RunningContainer): Promise<void> {
    const hook = this.container.lifecycle?.postStart;
    const target = this.target(running);
    if (hook && target) {
      this.hookRunning = true;
      const failed = await runHook(hook, target, HOOK_LIMIT_MS, this.context.clock);
      this.hookRunning = false;
      if (failed && running.live) {
        this.event('Warning', 'FailedPostStartHook', `PostStartHook failed: ${failed}`);
        this.busy = undefined;
        return this.stop(this.graceMs(), 'FailedPostStartHook');
      }
    }
    if (running.live && !this.container.readinessProbe && this.record.started) this.ready = true;
  }

  private failed(error: unknown): void {
    const now = this.context.clock.now();
    const isImage = error instanceof ImageError;
    const { waiting, retryAt } = isImage ? this.image.failed(error, now) : failedStart(error, now);
    this.record.state = { waiting };
    this.retryAt = retryAt;
    if (!isImage) this.event('Warning', 'Failed', `Error: ${waiting.message}`);
  }

  private watch(running: RunningContainer): void {
    this.running = running;
    this.retryAt = 0;
    void running.exited.then((exit) => this.onExit(running, exit));
    this.probe(running);
  }

  private probe(running: RunningContainer): void {
    const target = this.target(running);
    if (!target) return;
    this.stopProbes = startProbes(this.container, target, this.context, {
      active: () => !this.hookRunning && this.running === running && this.busy !== 'stopping',
      started: () => this.record.started,
      setStarted: () => {
        this.record.started = true;
        if (!this.container.readinessProbe) this.ready = true;
        this.save();
        this.host.kick();
      },
      setReady: (ready) => {
        if (this.ready === ready) return;
        this.ready = ready;
        this.host.kick();
      },
      kill: (kind, probe) => {
        const grace = probe.terminationGracePeriodSeconds;
        const ms = grace === undefined ? this.graceMs() : grace * 1000;
        void this.stop(ms, `Container ${this.name} failed ${kind} probe, will be restarted`);
      },
      warn: (message) => this.event('Warning', 'Unhealthy', message),
    });
  }

  private onExit(running: RunningContainer, exit: ContainerExit): void {
    if (this.running !== running) return;
    this.stopProbes();
    this.running = undefined;
    this.ready = false;
    this.record.started = false;
    this.record.state = { terminated: this.terminatedBy(exit, running.startedAt) };
    if (exit.startError) this.event('Warning', 'Failed', `Error: ${exit.startError}`);
    this.save();
    this.host.kick();
  }

  private terminatedBy(exit: ContainerExit, startedAt: number): ContainerStateTerminated {
    return terminatedState(this.host.pod(), this.container, this.record, exit, startedAt, this.context);
  }

  private backOff(ended: ContainerStateTerminated): void {
    if (this.record.state.waiting?.reason === 'CrashLoopBackOff') return;
    const { waiting, event } = this.crashLoop.describe(this.host.pod(), this.name);
    this.record.lastState = { terminated: ended };
    this.record.state = { waiting };
    this.save();
    this.event('Warning', 'BackOff', event);
  }

  /** Whose processes it sees. @throws ConfigError when that one does not run */
  private targeted(): RunningContainer | undefined {
    const { targetContainerName: name } = this.container;
    if (!name) return undefined;
    const target = this.host.running(name);
    if (!target) throw new ConfigError(`unable to find target container ${name}`);
    return target;
  }

  private target(running: RunningContainer): ProbeTarget | undefined {
    const sandbox = this.host.sandbox();
    return sandbox && { runtime: this.context.runtime, running, container: this.container, podIP: sandbox.address.ip };
  }

  private graceMs(): number {
    return (this.host.pod().spec?.terminationGracePeriodSeconds ?? 30) * 1000;
  }

  /** After a restart of the agent: what ran then is taken over, or is found to have ended. */
  private recover(): void {
    const startedAt = this.record.state.running?.startedAt;
    if (!startedAt) return;
    const { namespace = '', name, uid } = this.host.pod().metadata;
    const attempt = { pod: { namespace, name, uid }, name: this.name, attempt: this.record.restartCount };
    const running = this.context.runtime.adopt(attempt);
    if (running) {
      queueMicrotask(() => {
        this.watch(running);
        if (!this.container.readinessProbe && this.record.started) this.ready = true;
        this.host.kick();
      });
      this.running = running;
      return;
    }
    const exit = this.context.runtime.exitOf(attempt) ?? { exitCode: 137, finishedAt: this.context.clock.now() };
    this.record.state = { terminated: this.terminatedBy(exit, Date.parse(startedAt)) };
    this.record.started = false;
  }

  private event(type: 'Normal' | 'Warning', reason: string, message: string): void {
    this.context.events.event(this.host.pod(), type, reason, message);
  }

  private save(): void {
    writeRecord(this.context.podsDir, this.host.pod().metadata.uid, this.name, this.record);
  }
}
