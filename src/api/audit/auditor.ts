import type { Attributes, AuditCounts, Auditor, User } from '../contract.ts';
import { UNRECORDED, type AuditEvent, type Origin, type Sink } from './contract.ts';
import { RecordedEvent, type Recording } from './event.ts';
import type { Evaluator } from './evaluator.ts';
import { preciseNow } from './timestamps.ts';

/** Numbers of one process, as its metrics show them. */
export class Counts implements AuditCounts {
  events = 0;
  readonly levels = new Map<string, number>();
  readonly errors = new Map<string, number>();

  /** Events that did not arrive. @param plugin `buffered`, `log`, `webhook` */
  lost(plugin: string, events: number): void {
    this.errors.set(plugin, (this.errors.get(plugin) ?? 0) + events);
  }
}

export interface AuditorOptions {
  policy: Evaluator;
  sinks: readonly Sink[];
  counts?: Counts;
  /** ms since the epoch, with fractions */
  now?: () => number;
}

/** Decides by a policy which requests are recorded, and gives their events to the sinks. */
export class PolicyAuditor implements Auditor {
  readonly enabled = true;
  readonly counts: Counts;
  private readonly policy: Evaluator;
  private readonly sinks: readonly Sink[];
  private readonly recording: Recording;

  constructor({ policy, sinks, counts = new Counts(), now = preciseNow }: AuditorOptions) {
    this.policy = policy;
    this.sinks = sinks;
    this.counts = counts;
    this.recording = {
      now,
      emit: (text) => {
        counts.events++;
        for (const sink of sinks) sink.push(text);
      },
    };
  }

  begin(user: User | undefined, attributes: Attributes, origin: () => Origin): AuditEvent {
    const verdict = this.policy.evaluate(user, attributes);
    const { levels } = this.counts;
    levels.set(verdict.level, (levels.get(verdict.level) ?? 0) + 1);
    if (verdict.level === 'None') return UNRECORDED;
    return new RecordedEvent(this.recording, {
      verdict,
      user,
      attributes,
      origin: origin(),
      received: this.recording.now(),
    });
  }

  async close(): Promise<void> {
    await Promise.all(this.sinks.map((sink) => sink.close()));
  }
}

/** Records nothing. */
export const noAudit: Auditor = {
  enabled: false,
  counts: new Counts(),
  begin: () => UNRECORDED,
  close: () => Promise.resolve(),
};
