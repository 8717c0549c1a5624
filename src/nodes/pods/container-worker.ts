import type { Container, ContainerStateTerminated, Pod } from '../../../schema/types.ts';
import { ImageError } from '../images/resolve-image.ts';
import type { ContainerExit, RunningContainer } from '../runtimes/runtime.ts';
import { formatTime } from '../../meta/time.ts';
import { formatDuration } from '../../go/duration.ts';
import type { AgentContext } from './agent-context.ts';
import { Backoff } from './backoff.ts';
import { ConfigError } from './container-environment.ts';
import { startProbes } from './container-probes.ts';
import { readRecord, recordFromStatus, writeRecord, type ContainerRecord } from './container-record.ts';
import { containerSpec, terminationFile, type Sandbox } from './container-spec.ts';
import { runHook } from './lifecycle-hook.ts';
import { terminationMessage } from './termination-message.ts';

/** How soon a container that could not be configured is tried again, ms. */
const CONFIG_RETRY_MS = 5000;
/** What remains for SIGTERM after a preStop hook that took all the time (the kubelet's minimum). */
const MIN_TERM_MS = 2000;
/** An exec or httpGet hook that never ends, ms, where the grace period does not bound it. */
const HOOK_LIMIT_MS = 10 * 60_000;

/** One container of one pod through all its attempts. It starts and stops when the pod's worker says so. */
export class ContainerWorker {
  record: ContainerRecord;
  ready = false;
  running: RunningContainer | undefined;
  private readonly restartBackoff = new Backoff();
  private readonly imageBackoff = new Backoff();
  private busy: 'starting' | 'stopping' | undefined;
  /** a start that is under way: resolves when there is a container to be stopped, or none */
  private beginning: Promise<RunningContainer | undefined> | undefined;
  private stopping: Promise<void> | undefined;
  /** when a container that is being stopped is killed, ms since the epoch */
  private killAt = 0;
  private killTimer: unknown;
  private hookRunning = false;
  private retryAt = 0;
  private failedPullAt: number | undefined;
  private stopProbes: () => void = () => undefined;

  constructor(
    readonly container: Container,
    private readonly pod: () => Pod,
    private readonly sandbox: () => Sandbox | undefined,
    private readonly context: AgentContext,
    private readonly kick: () => void,
  ) {
    const { uid } = pod().metadata;
    this.record = readRecord(context.podsDir, uid, container.name) ?? recordFromStatus(pod(), container);
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
      const since = Date.parse(ended.finishedAt ?? '') || now;
      const wait = this.restartBackoff.remaining(since, now);
      if (wait > 0) {
        this.backOff(ended);
        return wait;
      }
      this.restartBackoff.next(since, now);
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
    if (!this.running) await this.beginning?.catch(() => undefined);
    if (this.running && this.stopping) this.hasten(this.running, graceMs);
    else if (this.running) this.stopping = this.end(this.running, graceMs, message);
    await this.stopping;
  }

  private hasten(running: RunningContainer, graceMs: number): void {
    const { clock } = this.context;
    if (clock.now() + graceMs >= this.killAt) return;
    this.killAt = clock.now() + graceMs;
    clock.clearTimeout(this.killTimer);
    if (graceMs > 0) this.killTimer = clock.setTimeout(() => running.kill(), graceMs);
    else running.kill();
  }

  /** The agent ends without the container: it is left to run, unwatched. */
  release(): void {
    this.stopProbes();
  }

  private async end(running: RunningContainer, graceMs: number, message: string): Promise<void> {
    this.busy = 'stopping';
    this.stopProbes();
    this.context.events.event(this.pod(), 'Normal', 'Killing', message);
    const { clock } = this.context;
    this.killAt = clock.now() + graceMs;
    const preStop = this.container.lifecycle?.preStop;
    const target = this.target(running);
    if (preStop && graceMs > 0 && target) {
      const hook = runHook(preStop, target, graceMs, clock);
      const failed = await this.bounded(Promise.race([hook, running.exited.then(() => undefined)]), graceMs);
      if (failed)
        this.context.events.event(this.pod(), 'Warning', 'FailedPreStopHook', `PreStopHook failed: ${failed}`);
    }
    const signal = (this.container.lifecycle?.stopSignal ?? 'SIGTERM') as NodeJS.Signals;
    const left = graceMs > 0 ? Math.max(MIN_TERM_MS, this.killAt - clock.now()) : 0;
    if (running.live) {
      if (left > 0) running.signal(signal);
      this.killAt = clock.now() + left;
      clock.clearTimeout(this.killTimer);
      this.killTimer = clock.setTimeout(() => running.kill(), left);
    }
    await running.exited;
    clock.clearTimeout(this.killTimer);
    // `onExit` runs in the same turn as this; the worker is free again when both have.
    this.busy = undefined;
    this.stopping = undefined;
    this.kick();
  }

  private async bounded<T>(work: Promise<T>, ms: number): Promise<T | undefined> {
    let timer: unknown;
    const late = new Promise<undefined>(
      (resolve) => (timer = this.context.clock.setTimeout(() => resolve(undefined), ms)),
    );
    const result = await Promise.race([work, late]);
    this.context.clock.clearTimeout(timer);
    return result;
  }

  private async start(previous: ContainerStateTerminated | undefined): Promise<void> {
    this.busy = 'starting';
    try {
      this.beginning = this.begin(previous);
      const running = await this.beginning;
      if (running) await this.postStart(running);
    } catch (error) {
      this.failed(error, this.context.clock.now());
    } finally {
      this.beginning = undefined;
      if (this.busy === 'starting') this.busy = undefined;
      this.kick();
    }
  }

  /** @returns undefined when the pod has no sandbox any more */
  private async begin(previous: ContainerStateTerminated | undefined): Promise<RunningContainer | undefined> {
    const { events, runtime } = this.context;
    const pod = this.pod();
    const attempt = previous ? this.record.restartCount + 1 : this.record.restartCount;
    const sandbox = this.sandbox();
    if (!sandbox) return undefined;
    const { spec, image } = await containerSpec(pod, this.container, attempt, sandbox, this.context);
    events.event(
      pod,
      'Normal',
      'Pulled',
      `Container image ${JSON.stringify(this.container.image)} already present on machine and can be accessed by the pod`,
    );
    await this.context.logs.dropOlderThan(spec.pod, this.name, attempt);
    const running = await runtime.start(spec);
    events.event(pod, 'Normal', 'Created', 'Container created');
    this.record = {
      restartCount: attempt,
      containerID: `${runtime.scheme}://${running.id}`,
      image: image.image,
      imageID: image.imageID,
      state: { running: { startedAt: formatTime(running.startedAt) } },
      ...(previous && { lastState: { terminated: previous } }),
      started: !this.container.startupProbe,
    };
    this.failedPullAt = undefined;
    this.save();
    if (running.live) events.event(pod, 'Normal', 'Started', 'Container started');
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
        this.context.events.event(this.pod(), 'Warning', 'FailedPostStartHook', `PostStartHook failed: ${failed}`);
        this.busy = undefined;
        return this.stop(this.graceMs(), 'FailedPostStartHook');
      }
    }
    if (running.live && !this.container.readinessProbe && this.record.started) this.ready = true;
  }

  private failed(error: unknown, now: number): void {
    const { events } = this.context;
    const message = error instanceof Error ? error.message : String(error);
    const pod = this.pod();
    if (error instanceof ImageError) return this.pullFailed(error, now);
    const reason = error instanceof ConfigError ? 'CreateContainerConfigError' : 'CreateContainerError';
    this.record.state = { waiting: { reason, message } };
    this.retryAt = now + CONFIG_RETRY_MS;
    events.event(pod, 'Warning', 'Failed', `Error: ${message}`);
  }

  private pullFailed(error: ImageError, now: number): void {
    const { events } = this.context;
    const pod = this.pod();
    const image = JSON.stringify(this.container.image);
    if (error.reason !== 'ErrImagePull') {
      this.record.state = { waiting: { reason: error.reason, message: error.message } };
      this.retryAt = now + CONFIG_RETRY_MS;
      events.event(
        pod,
        'Warning',
        error.reason === 'InvalidImageName' ? 'InspectFailed' : 'ErrImageNeverPull',
        error.message,
      );
      return;
    }
    const waiting = this.failedPullAt === undefined ? 0 : this.imageBackoff.remaining(this.failedPullAt, now);
    if (this.record.state.waiting?.reason === 'ErrImagePull' || waiting > 0) {
      this.record.state = {
        waiting: {
          reason: 'ImagePullBackOff',
          message: `Back-off pulling image ${image}: ErrImagePull: ${error.message}`,
        },
      };
      events.event(pod, 'Normal', 'BackOff', `Back-off pulling image ${image}`);
      events.event(pod, 'Warning', 'Failed', 'Error: ImagePullBackOff');
      this.retryAt = now + Math.max(waiting, CONFIG_RETRY_MS);
      return;
    }
    events.event(pod, 'Normal', 'Pulling', `Pulling image ${image}`);
    events.event(pod, 'Warning', 'Failed', `Failed to pull image ${image}: ${error.message}`);
    events.event(pod, 'Warning', 'Failed', 'Error: ErrImagePull');
    this.imageBackoff.next(this.failedPullAt ?? now, now);
    this.failedPullAt = now;
    this.record.state = { waiting: { reason: 'ErrImagePull', message: error.message } };
    // The next look is soon, so that the status says ImagePullBackOff; the pull itself waits for its back-off.
    this.retryAt = now + 1000;
  }

  private watch(running: RunningContainer): void {
    this.running = running;
    this.retryAt = 0;
    void running.exited.then((exit) => this.onExit(running, exit));
    const target = this.target(running);
    if (!target) return;
    this.stopProbes = startProbes(this.container, target, this.context, {
      active: () => !this.hookRunning && this.running === running && this.busy !== 'stopping',
      started: () => this.record.started,
      setStarted: () => {
        this.record.started = true;
        if (!this.container.readinessProbe) this.ready = true;
        this.save();
        this.kick();
      },
      setReady: (ready) => {
        if (this.ready === ready) return;
        this.ready = ready;
        this.kick();
      },
      kill: (kind, probe) => {
        const grace = probe.terminationGracePeriodSeconds ?? this.pod().spec?.terminationGracePeriodSeconds ?? 30;
        void this.stop(grace * 1000, `Container ${this.name} failed ${kind} probe, will be restarted`);
      },
      warn: (message) => this.context.events.event(this.pod(), 'Warning', 'Unhealthy', message),
    });
  }

  private onExit(running: RunningContainer, exit: ContainerExit): void {
    if (this.running !== running) return;
    this.stopProbes();
    this.running = undefined;
    this.ready = false;
    this.record.started = false;
    this.record.state = { terminated: this.terminatedState(exit, running.startedAt) };
    if (exit.startError) this.context.events.event(this.pod(), 'Warning', 'Failed', `Error: ${exit.startError}`);
    this.save();
    this.kick();
  }

  private terminatedState(exit: ContainerExit, startedAt: number): ContainerStateTerminated {
    const pod = this.pod();
    const { namespace = '', name, uid } = pod.metadata;
    const attempt = this.record.restartCount;
    const log = this.context.logs.path({ namespace, name, uid }, this.name, attempt);
    const file = terminationFile(this.context, pod, this.name, attempt);
    const message =
      exit.startError ?? terminationMessage(file, log, this.container.terminationMessagePolicy, exit.exitCode);
    return {
      exitCode: exit.exitCode,
      reason: exit.startError ? 'StartError' : exit.exitCode === 0 ? 'Completed' : 'Error',
      ...(message && { message }),
      startedAt: formatTime(startedAt),
      finishedAt: formatTime(exit.finishedAt),
      ...(this.record.containerID !== undefined && { containerID: this.record.containerID }),
    };
  }

  private backOff(ended: ContainerStateTerminated): void {
    if (this.record.state.waiting?.reason === 'CrashLoopBackOff') return;
    const { name, namespace, uid } = this.pod().metadata;
    const full = `${name}_${namespace}(${uid})`;
    this.record.lastState = { terminated: ended };
    const delay = formatDuration(this.restartBackoff.current);
    this.record.state = {
      waiting: {
        reason: 'CrashLoopBackOff',
        message: `back-off ${delay} restarting failed container=${this.name} pod=${full}`,
      },
    };
    this.save();
    this.context.events.event(
      this.pod(),
      'Warning',
      'BackOff',
      `Back-off restarting failed container ${this.name} in pod ${full}`,
    );
  }

  private target(running: RunningContainer) {
    const sandbox = this.sandbox();
    return sandbox && { runtime: this.context.runtime, running, container: this.container, podIP: sandbox.address.ip };
  }

  private graceMs(): number {
    return (this.pod().spec?.terminationGracePeriodSeconds ?? 30) * 1000;
  }

  /** After a restart of the agent: what ran then is taken over, or is found to have ended. */
  private recover(): void {
    const startedAt = this.record.state.running?.startedAt;
    if (!startedAt) return;
    const { namespace = '', name, uid } = this.pod().metadata;
    const attempt = { pod: { namespace, name, uid }, name: this.name, attempt: this.record.restartCount };
    const running = this.context.runtime.adopt(attempt);
    if (running) {
      queueMicrotask(() => {
        this.watch(running);
        if (!this.container.readinessProbe && this.record.started) this.ready = true;
        this.kick();
      });
      this.running = running;
      return;
    }
    const exit = this.context.runtime.exitOf(attempt) ?? { exitCode: 137, finishedAt: this.context.clock.now() };
    this.record.state = { terminated: this.terminatedState(exit, Date.parse(startedAt)) };
    this.record.started = false;
  }

  private save(): void {
    writeRecord(this.context.podsDir, this.pod().metadata.uid, this.name, this.record);
  }
}
