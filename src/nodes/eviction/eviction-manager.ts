import type { EventSubject } from '../../control/contract.ts';
import type { Clock } from '../../rules/clock.ts';
import { isCriticalPod } from '../../rules/critical-pod.ts';
import type { NodeUsage, PodUsage } from '../usage/node-usage.ts';
import { evictionMessage } from './messages.ts';
import { isMet, Pressure } from './pressure.ts';
import { ranked } from './rank.ts';
import { observe, SIGNALS, type Observations, type PressureCondition } from './signals.ts';
import { exceededStorage } from './storage-limits.ts';
import { parseThresholds, type EvictionSettings, type Threshold } from './thresholds.ts';

/** Between two looks, ms. */
const INTERVAL_MS = 10_000;
/** For a pod that was evicted to be gone, before it is looked whether that was enough, ms. */
const CLEANUP_MS = 30_000;
/** What a pod has to end where the node cannot wait, ms. */
const HARD_GRACE_MS = 1000;
const REASON = 'Evicted';

export interface Eviction {
  reason: string;
  message: string;
  /** what the condition DisruptionTarget says, where the pod ends for the node's sake */
  disruption?: string;
}

export interface EvictionParts {
  settings: EvictionSettings;
  clock: Clock;
  /** what the node and its pods use now */
  read(): Promise<NodeUsage>;
  /** Ends a pod; resolves when its containers have ended. */
  evict(usage: PodUsage, eviction: Eviction, graceMs: number): Promise<void>;
  /** Removes images that nobody uses. */
  reclaimImages(): Promise<void>;
  /** the conditions of pressure have changed */
  changed(conditions: readonly PressureCondition[]): void;
  /** an event about the node */
  event(reason: string, message: string): void;
  log(message: string, fields?: Record<string, unknown>): void;
}

/**
 * Ends pods before the node runs out of what they share, and pods that use more storage than they may. One pod for each
 * look, as the kubelet. Source: pkg/kubelet/eviction.
 */
export class EvictionManager {
  private readonly thresholds: readonly Threshold[];
  private readonly pressure: Pressure;
  private conditions: readonly PressureCondition[] = [];
  private timer: unknown;
  private stopped = false;

  constructor(private readonly parts: EvictionParts) {
    this.thresholds = parseThresholds(parts.settings);
    this.pressure = new Pressure(this.thresholds, parts.settings.pressureTransitionMs);
  }

  start(): void {
    const look = (): void => {
      void this.look()
        .catch((error: unknown) => this.parts.log('the node could not be looked at', { error: String(error) }))
        .finally(() => {
          if (!this.stopped) this.timer = this.parts.clock.setTimeout(look, INTERVAL_MS);
        });
    };
    look();
  }

  stop(): void {
    this.stopped = true;
    this.parts.clock.clearTimeout(this.timer);
  }

  /** @returns names of the pods that were evicted */
  async look(): Promise<string[]> {
    const usage = await this.parts.read();
    const observations = observe(usage);
    const { conditions, evict } = this.pressure.look(observations, this.parts.clock.now());
    if (conditions.join() !== this.conditions.join()) {
      this.conditions = conditions;
      this.parts.changed(conditions);
    }
    const exceeding = this.endExceeding(usage.each);
    if (exceeding.length || !evict.length) return exceeding;
    return this.relieve(usage, evict, observations);
  }

  private endExceeding(pods: readonly PodUsage[]): string[] {
    const evicted: PodUsage[] = [];
    for (const each of pods) {
      const message = exceededStorage(each);
      if (message === undefined || isCriticalPod(each.pod)) continue;
      evicted.push(each);
      void this.end(each, { reason: REASON, message }, HARD_GRACE_MS);
    }
    return evicted.map(({ pod }) => pod.metadata.name);
  }

  private async relieve(usage: NodeUsage, evict: readonly Threshold[], observations: Observations): Promise<string[]> {
    const [first] = evict.toSorted((a, b) => Number(isMemory(b)) - Number(isMemory(a)));
    if (!first) return [];
    const { resource, condition } = SIGNALS[first.signal];
    this.parts.event('EvictionThresholdMet', `Attempting to reclaim ${resource}`);
    if (condition === 'DiskPressure' && (await this.isRelievedByImages())) return [];
    for (const each of ranked(usage.each, resource)) {
      if (isCriticalPod(each.pod)) continue;
      const message = evictionMessage(each, resource, evict, observations);
      const graceMs = first.graceMs > 0 ? this.softGrace(each) : HARD_GRACE_MS;
      await this.bounded(this.end(each, { reason: REASON, message, disruption: message }, graceMs));
      return [each.pod.metadata.name];
    }
    return [];
  }

  private softGrace({ pod }: PodUsage): number {
    const { maxPodGraceSeconds } = this.parts.settings;
    return Math.min(maxPodGraceSeconds, pod.spec?.terminationGracePeriodSeconds ?? maxPodGraceSeconds) * 1000;
  }

  private async isRelievedByImages(): Promise<boolean> {
    await this.parts.reclaimImages();
    const observations = observe(await this.parts.read());
    return !this.thresholds.some((each) => isMet(each, observations, true));
  }

  private end(usage: PodUsage, eviction: Eviction, graceMs: number): Promise<void> {
    return this.parts.evict(usage, eviction, graceMs).catch((error: unknown) => {
      this.parts.log('a pod could not be evicted', { pod: usage.pod.metadata.name, error: String(error) });
    });
  }

  private async bounded(work: Promise<void>): Promise<void> {
    const { clock } = this.parts;
    let timer: unknown;
    const late = new Promise<void>((resolve) => void (timer = clock.setTimeout(resolve, CLEANUP_MS)));
    await Promise.race([work, late]);
    clock.clearTimeout(timer);
  }
}

const isMemory = ({ signal }: Threshold): boolean => SIGNALS[signal].resource === 'memory';

/** The node, as events speak of it: by its name, which is also its uid there. */
export const nodeSubject = (name: string): EventSubject => ({ kind: 'Node', metadata: { name, uid: name } });
