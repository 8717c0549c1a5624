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
import { asAllocated } from '../resize/allocation.ts';
import { runHook } from './lifecycle-hook.ts';
import { endOf, recoverContainer } from './recover-container.ts';
import { startContainer } from './start-container.ts';
import { stopSignal } from './stop-signal.ts';

/** An exec or httpGet hook that never ends, ms, where the grace period does not bound it. */
const HOOK_LIMIT_MS = 10 * 60_000;

/** What a container's worker is told by its pod's, and tells it. */
export interface ContainerHost {
  pod(): Pod;
  /** undefined before the pod has a network, and after it lost it */
  podIP(): string | undefined;
  /** undefined before all is there that its containers share */
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
  running: RunningContainer | undefined;
  private readonly image: ImageStep;
  private readonly crashLoop = new CrashLoop();
  private busy: 'starting' | 'stopping' | undefined;
  /** a start that is under way: `done` resolves when there is a container to be stopped, or none */
  private beginning: { done: Promise<RunningContainer | undefined>; abort: AbortController } | undefined;
  private end: ContainerEnd | undefined;
  private stopping: Promise<void> | undefined;
  private hookRunning = false;
  private retryAt = 0;
  /** while its probes run: how to stop them */
  private stopProbes: (() => void) | undefined;
  private released = false;

  constructor(
    readonly container: PodContainer,
    private readonly host: ContainerHost,
    private readonly context: AgentContext,
  ) {
    const pod = host.pod();
    this.record =
      readRecord(context.podsDir, pod.metadata.uid, container.name) ??
      recordFromStatus(pod, container, context.clock.now());
    this.image = new ImageStep(container, () => host.pod(), context);
  }

  /** Once, before anything else is asked of it: what an earlier run of the agent left is taken over. */
  async recover(): Promise<void> {
    const { record, running } = await recoverContainer(this.host.pod(), this.container, this.record, this.context);
    if (record !== this.record) this.remember(record);
    if (!running) return;
    this.watch(running);
    if (!this.container.readinessProbe && record.started) this.record.ready = true;
  }

  get name(): string {
    return this.container.name;
  }

  get ready(): boolean {
    return this.record.ready;
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
    if (this.running) this.probe(this.running);
    if (this.running || this.busy || this.released) return undefined;
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
    void this.start();
    return undefined;
  }

  /**
   * preStop hook, SIGTERM, and SIGKILL when `graceMs` is over; one that is being stopped already has no more than
   * `graceMs` left. Resolves when it has ended, also when it was only about to start.
   */
  async stop(graceMs: number, message: string): Promise<void> {
    this.beginning?.abort.abort();
    if (!this.running) await this.beginning?.done.catch(() => undefined);
    if (this.running && this.end) this.end.hasten(graceMs);
    else if (this.running) this.stopping = this.finish(this.running, graceMs, message);
    await this.stopping;
  }

  /** It has been given the resources that the pod has for it now. */
  resized(pod: Pod): void {
    this.remember({ ...this.record, resources: asAllocated(this.container, pod).resources ?? {} });
  }

  /** The agent ends: nothing begins any more, and what runs is left to run, unwatched, unless it is stopped. */
  release(): void {
    this.released = true;
    this.beginning?.abort.abort();
    this.endProbes();
  }

  private async finish(running: RunningContainer, graceMs: number, message: string): Promise<void> {
    this.busy = 'stopping';
    this.endProbes();
    this.event('Normal', 'Killing', message);
    const warn = (text: string): void => this.event('Warning', 'FailedPreStopHook', text);
    const { clock } = this.context;
    this.end = new ContainerEnd(
      running,
      this.target(running),
      clock,
      graceMs,
      warn,
      stopSignal(this.container.lifecycle?.stopSignal ?? this.record.stopSignal),
    );
    await this.end.done;
    // `onExit` runs in the same turn as this; the worker is free again when both have.
    this.busy = undefined;
    this.end = undefined;
    this.stopping = undefined;
    this.host.kick();
  }

  private async start(): Promise<void> {
    this.busy = 'starting';
    const abort = new AbortController();
    try {
      this.beginning = { done: this.begin(abort.signal), abort };
      const running = await this.beginning.done;
      if (running) await this.postStart(running);
    } catch (error) {
      if (!abort.signal.aborted) this.failed(error);
    } finally {
      this.beginning = undefined;
      if (this.busy === 'starting') this.busy = undefined;
      this.host.kick();
    }
  }

  /** @returns undefined when the pod has no sandbox any more, or the container is not wanted any more */
  private async begin(signal: AbortSignal): Promise<RunningContainer | undefined> {
    const sandbox = this.host.sandbox();
    if (!sandbox) return undefined;
    const image = await this.image.get(signal);
    if (!image) return undefined;
    const { container, context, record } = this;
    const remember = (next: ContainerRecord): void => this.remember(next);
    const start = {
      pod: this.host.pod(),
      container: asAllocated(container, this.host.pod()),
      image,
      sandbox,
      record,
      signal,
      remember,
      target: this.targeted(),
    };
    const running = await startContainer(start, context);
    if (!running) return undefined;
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
    if (running.live && !this.container.readinessProbe && this.record.started) this.setReady(true);
  }

  private failed(error: unknown): void {
    const now = this.context.clock.now();
    const isImage = error instanceof ImageError;
    const { waiting, retryAt } = isImage ? this.image.failed(error, now) : failedStart(error, now);
    const ended = endOf(this.record);
    this.record = { ...this.record, state: { waiting }, ...(ended && { lastState: { terminated: ended } }) };
    this.retryAt = retryAt;
    if (!isImage) this.event('Warning', 'Failed', `Error: ${waiting.message}`);
  }

  private watch(running: RunningContainer): void {
    this.running = running;
    this.retryAt = 0;
    void running.exited.then((exit) => this.onExit(running, exit));
    this.probe(running);
  }

  /** Begins as soon as the pod's address is known, which after a restart of the agent comes later than the container. */
  private probe(running: RunningContainer): void {
    const target = this.target(running);
    if (!target || this.stopProbes || this.busy === 'stopping') return;
    this.stopProbes = startProbes(this.container, target, this.context, {
      active: () => !this.hookRunning && this.running === running && this.busy !== 'stopping',
      started: () => this.record.started,
      setStarted: () => {
        const ready = this.record.ready || !this.container.readinessProbe;
        this.remember({ ...this.record, started: true, ready });
        this.host.kick();
      },
      setReady: (ready) => this.setReady(ready),
      kill: (kind, probe) => {
        const grace = probe.terminationGracePeriodSeconds;
        const ms = grace === undefined ? this.graceMs() : grace * 1000;
        void this.stop(ms, `Container ${this.name} failed ${kind} probe, will be restarted`);
      },
      warn: (message) => this.event('Warning', 'Unhealthy', message),
    });
  }

  private setReady(ready: boolean): void {
    if (this.record.ready === ready) return;
    this.remember({ ...this.record, ready });
    this.host.kick();
  }

  private endProbes(): void {
    this.stopProbes?.();
    this.stopProbes = undefined;
  }

  private onExit(running: RunningContainer, exit: ContainerExit): void {
    if (this.running !== running) return;
    this.endProbes();
    this.running = undefined;
    const { record, container, context } = this;
    const terminated = terminatedState(this.host.pod(), container, record, exit, running.startedAt, context);
    this.remember({ ...record, started: false, ready: false, state: { terminated } });
    if (exit.startError) this.event('Warning', 'Failed', `Error: ${exit.startError}`);
    this.host.kick();
  }

  private backOff(ended: ContainerStateTerminated): void {
    if (this.record.state.waiting?.reason === 'CrashLoopBackOff') return;
    const { waiting, event } = this.crashLoop.describe(this.host.pod(), this.name);
    this.remember({ ...this.record, lastState: { terminated: ended }, state: { waiting } });
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
    const podIP = this.host.podIP();
    if (podIP === undefined) return undefined;
    return { runtime: this.context.runtime, running, container: this.container, podIP };
  }

  private graceMs(): number {
    return (this.host.pod().spec?.terminationGracePeriodSeconds ?? 30) * 1000;
  }

  private event(type: 'Normal' | 'Warning', reason: string, message: string): void {
    this.context.events.event(this.host.pod(), type, reason, message);
  }

  private remember(record: ContainerRecord): void {
    this.record = record;
    writeRecord(this.context.podsDir, this.host.pod().metadata.uid, this.name, record);
  }
}
