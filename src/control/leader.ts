import type { Lease } from '../../schema/types.ts';
import type { Client } from '../client/contract.ts';
import { errorMessage } from '../meta/error-message.ts';
import { present } from '../meta/present.ts';
import { isStatusError } from '../meta/status.ts';
import { formatMicroTime } from '../meta/time.ts';
import type { Clock } from '../rules/clock.ts';

export interface LeaderOptions {
  client: Client;
  clock: Clock;
  random: () => number;
  /** name of the Lease: `kube-controller-manager` */
  name: string;
  /** `kube-system` */
  namespace: string;
  /** unique among the candidates */
  identity: string;
  /** Leading now. */
  onStarted(): void;
  /** Not leading any more: stop all work at once, another one may lead already. */
  onStopped(): void;
  log?(message: string, fields?: Record<string, unknown>): void;
  /** ms: how long a lease that nobody renews keeps others out, how long the leader tries to renew, how often it tries */
  leaseDuration?: number;
  renewDeadline?: number;
  retryPeriod?: number;
}

export interface Leader {
  start(): void;
  /** Gives the lease back, so that another candidate leads at once. */
  stop(): Promise<void>;
  readonly leading: boolean;
}

/**
 * Leader election by a coordination/v1 Lease. A candidate measures by its own clock how long it has not seen a change of
 * the lease, so clocks need not agree; it takes over after `leaseDuration` without one.
 */
export function createLeader(options: LeaderOptions): Leader {
  return new Election(options);
}

class Election implements Leader {
  leading = false;
  private stopped = false;
  private timer: unknown;
  private attempt: Promise<void> = Promise.resolve();
  private observed: { record: string; at: number } | undefined;
  private lease: Lease | undefined;
  private renewedAt = 0;
  private readonly leaseDuration: number;
  private readonly renewDeadline: number;
  private readonly retryPeriod: number;

  constructor(private readonly options: LeaderOptions) {
    this.leaseDuration = options.leaseDuration ?? 15_000;
    this.renewDeadline = options.renewDeadline ?? 10_000;
    this.retryPeriod = options.retryPeriod ?? 2_000;
  }

  start(): void {
    this.run();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    this.options.clock.clearTimeout(this.timer);
    await this.attempt;
    if (!this.leading) return;
    this.lose();
    await this.write({ holderIdentity: '', leaseDurationSeconds: 1 }).catch(() => undefined);
  }

  private run(): void {
    this.attempt = this.tick().finally(() => {
      if (this.stopped) return;
      // Followers spread their attempts (jitter 1.2), so that they do not all write at once when the leader is gone.
      const wait = this.leading ? this.retryPeriod : this.retryPeriod * (1 + 1.2 * this.options.random());
      this.timer = this.options.clock.setTimeout(() => this.run(), wait);
    });
  }

  private async tick(): Promise<void> {
    const won = await this.tryAcquire();
    const now = this.options.clock.now();
    if (won) {
      this.renewedAt = now;
      if (!this.leading && !this.stopped) {
        this.leading = true;
        this.options.onStarted();
      }
    } else if (this.leading && (now - this.renewedAt >= this.renewDeadline || this.heldByOther())) this.lose();
  }

  private lose(): void {
    this.leading = false;
    this.options.onStopped();
  }

  private heldByOther(): boolean {
    const holder = this.lease?.spec?.holderIdentity;
    return !!holder && holder !== this.options.identity;
  }

  private async tryAcquire(): Promise<boolean> {
    const { client, clock, identity, name, namespace, log } = this.options;
    try {
      this.lease = await client.get('leases.coordination.k8s.io', namespace, name);
    } catch (error) {
      if (!isStatusError(error, 'NotFound')) {
        log?.('lease cannot be read', { error: errorMessage(error) });
        return false;
      }
      this.lease = undefined;
    }
    const spec = this.lease?.spec ?? {};
    const record = JSON.stringify(spec);
    if (this.observed?.record !== record) this.observed = { record, at: clock.now() };
    const held = spec.holderIdentity && spec.holderIdentity !== identity;
    if (held && clock.now() - this.observed.at < this.leaseDuration) return false;
    try {
      await this.write({ holderIdentity: identity, leaseDurationSeconds: Math.ceil(this.leaseDuration / 1000) });
      return true;
    } catch (error) {
      if (!isStatusError(error, 'Conflict') && !isStatusError(error, 'AlreadyExists')) {
        log?.('lease cannot be written', { error: errorMessage(error) });
      }
      return false;
    }
  }

  private async write(holder: { holderIdentity: string; leaseDurationSeconds: number }): Promise<void> {
    const { client, clock, name, namespace } = this.options;
    const now = formatMicroTime(clock.now());
    const old = this.lease?.spec;
    const changed = old?.holderIdentity !== holder.holderIdentity;
    const spec = present({
      ...holder,
      renewTime: now,
      acquireTime: changed ? now : old?.acquireTime,
      leaseTransitions: (old?.leaseTransitions ?? 0) + (changed && old?.holderIdentity ? 1 : 0),
    });
    const kind = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease' };
    this.lease = this.lease
      ? await client.update('leases.coordination.k8s.io', { ...this.lease, spec })
      : await client.create('leases.coordination.k8s.io', {
          ...kind,
          metadata: { name, namespace },
          spec,
        });
    this.observed = { record: JSON.stringify(this.lease.spec), at: clock.now() };
  }
}
