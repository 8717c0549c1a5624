import type { Node } from '../../schema/types.ts';
import type { Client } from '../client/contract.ts';
import type { Clock } from '../rules/clock.ts';
import { isStatusError } from '../meta/status.ts';
import { renewLease, RENEW_MS } from './node-lease.ts';
import { nodeObject, nodeStatus, type NodeFacts } from './node-object.ts';

/** How often an unchanged status is written all the same, ms. */
const STATUS_MS = 5 * 60_000;
/** Between attempts to register, ms: doubled from the first to the last. */
const FIRST_RETRY_MS = 200;
const LAST_RETRY_MS = 7000;

/** Keeps the Node object and its lease. */
export class Registration {
  private timers: unknown[] = [];
  private stopped = false;
  /** as it was last written; there once `start` is over */
  node: Node | undefined;
  private uid = '';

  constructor(
    private readonly client: Client,
    private readonly clock: Clock,
    private readonly random: () => number,
    private readonly log: (message: string, fields?: Record<string, unknown>) => void,
    private readonly facts: NodeFacts,
  ) {}

  /** Resolves when the node is registered and ready; retries until then, or until stopped. */
  async start(): Promise<void> {
    for (let attempt = 0; !this.stopped; attempt++) {
      try {
        await this.register();
        await this.writeStatus();
        await renewLease(this.client, this.clock, this.facts.name, this.uid);
        break;
      } catch (error) {
        this.log('the node could not be registered', { node: this.facts.name, error: String(error) });
        await new Promise<void>((resolve) =>
          this.clock.setTimeout(resolve, Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** attempt)),
        );
      }
    }
    this.repeat(RENEW_MS, () => renewLease(this.client, this.clock, this.facts.name, this.uid));
    this.repeat(STATUS_MS, () => this.writeStatus());
  }

  /** Something that the Node's status says has changed: it is written now. What fails is written at the next time. */
  async report(): Promise<void> {
    await this.writeStatus().catch((error: unknown) => {
      this.log('the node could not report', { node: this.facts.name, error: String(error) });
    });
  }

  stop(): void {
    this.stopped = true;
    for (const timer of this.timers) this.clock.clearTimeout(timer);
  }

  private repeat(ms: number, work: () => Promise<void>): void {
    const index = this.timers.length;
    const run = async (): Promise<number> => {
      try {
        await work();
        return ms * (0.96 + 0.08 * this.random());
      } catch (error) {
        this.log('the node could not report', { node: this.facts.name, error: String(error) });
        // Somebody may have deleted the node: it registers again, as a kubelet does when it starts.
        await this.register()
          .then(() => this.writeStatus())
          .catch(() => undefined);
        return Math.min(ms, LAST_RETRY_MS);
      }
    };
    const after = (delay: number): void => {
      if (!this.stopped) this.timers[index] = this.clock.setTimeout(() => void run().then(after), delay);
    };
    after(ms);
  }

  private async register(): Promise<void> {
    const wanted = nodeObject(this.facts);
    try {
      this.uid = (await this.client.create('nodes', wanted)).metadata.uid;
    } catch (error) {
      if (!isStatusError(error, 'AlreadyExists')) throw error;
      const patch = { metadata: { labels: wanted.metadata.labels, annotations: wanted.metadata.annotations } };
      this.uid = (await this.client.patch('nodes', '', this.facts.name, patch, { type: 'strategic' })).metadata.uid;
    }
  }

  private async writeStatus(): Promise<void> {
    const known = await this.client.get('nodes', '', this.facts.name);
    const images = await this.facts.images?.();
    const status = nodeStatus(this.facts, known.status?.conditions ?? [], this.clock.now(), images);
    const { name } = this.facts;
    this.node = await this.client.patch('nodes', '', name, { status }, { type: 'strategic', subresource: 'status' });
  }
}
