import type { Probe } from '../../../schema/types.ts';
import type { Clock } from '../../rules/clock.ts';
import type { ProbeResult } from './probe-result.ts';

export interface ProberOptions {
  probe: Probe;
  clock: Clock;
  random(): number;
  /** ms since the epoch, from which the initial delay counts */
  startedAt: number;
  run(): Promise<ProbeResult>;
  /** false while the probe has to wait: for the startup probe, or because the container is being stopped */
  active(): boolean;
  /** each failed run, also below the threshold */
  onFailure(message: string): void;
  /** the thresholds were reached: the state is now `healthy` */
  onVerdict(healthy: boolean): void;
}

/** Repeats one probe with its period and thresholds. A verdict is told when it changes, and each time that it is bad. */
export class Prober {
  private timer: unknown;
  private stopped = false;
  private streak = 0;
  private streakOk: boolean | undefined;
  private verdict: boolean | undefined;

  constructor(private readonly options: ProberOptions) {
    const { probe, clock, random, startedAt } = options;
    const delay = startedAt + (probe.initialDelaySeconds ?? 0) * 1000 - clock.now();
    // Without a delay of its own a probe begins at once, a little spread so that many do not fall together.
    this.schedule(Math.max(0, delay) + random() * 50);
  }

  stop(): void {
    this.stopped = true;
    this.options.clock.clearTimeout(this.timer);
  }

  private schedule(ms: number): void {
    if (!this.stopped) this.timer = this.options.clock.setTimeout(() => void this.tick(), ms);
  }

  private async tick(): Promise<void> {
    const { probe, active, run } = this.options;
    if (!active()) return this.schedule(Math.min(1000, (probe.periodSeconds ?? 10) * 1000));
    const result = await run().catch((error: Error): ProbeResult => ({ ok: false, message: error.message }));
    if (this.stopped) return;
    this.count(result);
    this.schedule((probe.periodSeconds ?? 10) * 1000);
  }

  private count({ ok, message }: ProbeResult): void {
    const { probe, onFailure, onVerdict } = this.options;
    if (!ok) onFailure(message);
    this.streak = ok === this.streakOk ? this.streak + 1 : 1;
    this.streakOk = ok;
    const threshold = ok ? (probe.successThreshold ?? 1) : (probe.failureThreshold ?? 3);
    if (this.streak < threshold) return;
    const changed = this.verdict !== ok;
    this.verdict = ok;
    if (changed || !ok) onVerdict(ok);
  }
}
