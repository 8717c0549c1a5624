import type { Pod, PodStatus } from '../../../schema/types.ts';
import { isStatusError } from '../../meta/status.ts';
import type { AgentContext } from './agent-context.ts';

/** How soon a status that could not be written is tried again, ms. */
const RETRY_MS = 1000;
/** In a list with a merge key: what follows is all of it. */
const REPLACE = { $patch: 'replace' };

/** Writes one pod's status when it differs from the last one written: one write at a time, always of the newest. */
export class StatusReporter {
  private wanted: PodStatus | undefined;
  private written = '';
  private busy: Promise<void> | undefined;
  private gone = false;

  constructor(
    private readonly pod: () => Pod,
    private readonly context: AgentContext,
  ) {}

  report(status: PodStatus): void {
    this.wanted = status;
    this.begin();
  }

  /** Resolves when the newest status is written, or the pod is gone. */
  async flushed(): Promise<void> {
    while (this.busy) await this.busy;
  }

  private begin(): void {
    this.busy ??= this.write().finally(() => {
      this.busy = undefined;
      // One that came between the end of the loop and here.
      if (this.wanted && !this.gone) this.begin();
    });
  }

  private async write(): Promise<void> {
    while (this.wanted && !this.gone) {
      const status = this.wanted;
      this.wanted = undefined;
      const text = JSON.stringify(status);
      if (text === this.written) continue;
      try {
        await this.send(status);
        this.written = text;
      } catch (error) {
        if (isStatusError(error, 'NotFound') || isStatusError(error, 'Conflict')) {
          this.gone = true;
          return;
        }
        this.context.log('pod status was not written', { pod: this.pod().metadata.name, error: String(error) });
        this.wanted ??= status;
        await new Promise<void>((resolve) => this.context.clock.setTimeout(resolve, RETRY_MS));
      }
    }
  }

  private async send(status: PodStatus): Promise<void> {
    const { metadata } = this.pod();
    // Lists without a merge key are replaced; the conditions of others (PodScheduled, gates) stay.
    const cleared = Object.fromEntries(
      ['reason', 'message', 'podIP', 'podIPs'].filter((key) => !(key in status)).map((key) => [key, null]),
    );
    // Addresses are this node's to say: one that it had before, or that somebody else has written, does not stay.
    const { podIPs, hostIPs } = status;
    const addresses = {
      ...(podIPs && { podIPs: [REPLACE, ...podIPs] }),
      ...(hostIPs && { hostIPs: [REPLACE, ...hostIPs] }),
    };
    // A condition is merged into the one of its type, whose reason must not outlive it.
    const conditions = status.conditions?.map((each) => ({ reason: null, message: null, ...each }));
    const patch = { metadata: { uid: metadata.uid }, status: { ...cleared, ...status, ...addresses, conditions } };
    await this.context.client.patch('pods', metadata.namespace ?? '', metadata.name, patch, {
      type: 'strategic',
      subresource: 'status',
    });
  }
}
