import type { RunningContainer } from '../runtimes/runtime.ts';
import type { ProbeTarget } from '../probes/run-probe.ts';
import type { Clock } from '../../rules/clock.ts';
import { runHook } from './lifecycle-hook.ts';

/** What remains for SIGTERM after a preStop hook that took all the time (the kubelet's minimum), ms. */
const MIN_TERM_MS = 2000;

/** The end of a running container: preStop hook, its signal, and SIGKILL when the grace period is over. */
export class ContainerEnd {
  /** the container is gone */
  readonly done: Promise<void>;
  /** when it is killed, ms since the epoch */
  private killAt: number;
  private killTimer: unknown;

  /**
   * @param target undefined when the pod has no network any more: then no hook runs
   * @param warn hears of a hook that failed
   */
  constructor(
    private readonly running: RunningContainer,
    private readonly target: ProbeTarget | undefined,
    private readonly clock: Clock,
    graceMs: number,
    private readonly warn: (message: string) => void,
    stopSignal: NodeJS.Signals | number,
  ) {
    this.killAt = clock.now() + graceMs;
    this.done = this.end(graceMs, stopSignal);
  }

  /** It has no more than `graceMs` left. */
  hasten(graceMs: number): void {
    const { clock, running } = this;
    if (clock.now() + graceMs >= this.killAt) return;
    this.killAt = clock.now() + graceMs;
    clock.clearTimeout(this.killTimer);
    if (graceMs > 0) this.killTimer = clock.setTimeout(() => running.kill(), graceMs);
    else running.kill();
  }

  private async end(graceMs: number, signal: NodeJS.Signals | number): Promise<void> {
    const { clock, running } = this;
    const preStop = this.target?.container.lifecycle?.preStop;
    if (preStop && this.target && graceMs > 0) {
      const hook = runHook(preStop, this.target, graceMs, clock);
      const failed = await this.bounded(Promise.race([hook, running.exited.then(() => undefined)]), graceMs);
      if (failed) this.warn(`PreStopHook failed: ${failed}`);
    }
    const left = graceMs > 0 ? Math.max(MIN_TERM_MS, this.killAt - clock.now()) : 0;
    if (running.live) {
      if (left > 0) running.signal(signal);
      this.killAt = clock.now() + left;
      clock.clearTimeout(this.killTimer);
      this.killTimer = clock.setTimeout(() => running.kill(), left);
    }
    await running.exited;
    clock.clearTimeout(this.killTimer);
  }

  private async bounded<T>(work: Promise<T>, ms: number): Promise<T | undefined> {
    let timer: unknown;
    const late = new Promise<undefined>((resolve) => (timer = this.clock.setTimeout(() => resolve(undefined), ms)));
    const result = await Promise.race([work, late]);
    this.clock.clearTimeout(timer);
    return result;
  }
}
