import type { Pod, PodStatus } from '../../../schema/types.ts';
import { semanticEqual } from '../../control/equal.ts';
import { isStatusError } from '../../meta/status.ts';
import { RESIZE_CONDITIONS } from '../resize/pod-resize.ts';
import type { AgentContext } from './agent-context.ts';

/** How soon a status that could not be written is tried again, ms: doubled from the first to the last. */
const FIRST_RETRY_MS = 500;
const LAST_RETRY_MS = 20_000;
/** In a list with a merge key: what follows is all of it. */
const REPLACE = { $patch: 'replace' };

/** What the API has taken last. */
interface Written {
  /** what was to be written, and the text of it */
  own: PodStatus;
  text: string;
  /** what came of it, and at which revision of the object */
  stored: PodStatus;
  revision: number;
}

/**
 * Writes one pod's status when it differs from what the API has of it: one write at a time, always of the newest. What
 * the API refuses is not tried again, so nothing waits for it; a status that differs is.
 */
export class StatusReporter {
  private wanted: PodStatus | undefined;
  private written: Written | undefined;
  private busy: Promise<void> | undefined;
  private gone = false;
  private failures = 0;
  private wake: () => void = () => undefined;
  private closing = false;

  /** @param pod the API's object; undefined while it has none, and then nothing is said */
  constructor(
    private readonly pod: () => Pod | undefined,
    private readonly context: AgentContext,
  ) {}

  report(status: PodStatus): void {
    this.wanted = status;
    this.begin();
  }

  /** Another object is in the place of the one that it wrote to. */
  restart(): void {
    this.gone = false;
    this.written = undefined;
  }

  /** Resolves when the newest status is written or refused, or the pod is gone. */
  async flushed(): Promise<void> {
    while (this.busy) await this.busy;
  }

  /** The agent ends: what cannot be written now is left to the next run. */
  async close(): Promise<void> {
    this.closing = true;
    this.wake();
    await this.flushed();
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
      const pod = this.pod();
      if (!pod) continue;
      const text = JSON.stringify(status);
      if (this.isWritten(pod, text)) continue;
      try {
        const { metadata, status: stored = {} } = await this.send(pod, status);
        this.written = { text, own: status, stored, revision: Number(metadata.resourceVersion) };
        this.failures = 0;
      } catch (error) {
        if (isStatusError(error, 'NotFound') || (isStatusError(error, 'Conflict') && (await this.isAnother(pod)))) {
          this.gone = true;
          return;
        }
        this.context.log('pod status was not written', { pod: pod.metadata.name, error: String(error) });
        if (isStatusError(error, 'Invalid') || isStatusError(error, 'BadRequest')) {
          this.written = { text, own: {}, stored: {}, revision: Infinity };
          continue;
        }
        if (this.closing) return;
        this.wanted ??= status;
        await this.pause();
      }
    }
  }

  /** Whether the API has it: it took it, and nobody has written something else since (the node was away for a while). */
  private isWritten({ metadata, status = {} }: Pod, text: string): boolean {
    if (this.written?.text !== text) return false;
    return !(Number(metadata.resourceVersion) > this.written.revision) || isAsWritten(status, this.written);
  }

  /** Whether the pod that was written to has gone, and another one has its name. */
  private async isAnother({ metadata }: Pod): Promise<boolean> {
    const { namespace = '', name, uid } = metadata;
    try {
      return (await this.context.client.get('pods', namespace, name)).metadata.uid !== uid;
    } catch (error) {
      return isStatusError(error, 'NotFound');
    }
  }

  private pause(): Promise<void> {
    const { clock } = this.context;
    const delay = Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(this.failures++, 10));
    return new Promise((resolve) => {
      const timer = clock.setTimeout(resolve, delay);
      this.wake = () => {
        clock.clearTimeout(timer);
        resolve();
      };
    });
  }

  private send({ metadata, status: shown }: Pod, status: PodStatus): Promise<Pod> {
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
    const said = status.conditions?.map((each) => ({ reason: null, message: null, ...each })) ?? [];
    const over = (shown?.conditions ?? []).filter(
      ({ type }) => RESIZE_CONDITIONS.includes(type) && !said.some((each) => each.type === type),
    );
    const conditions = [...said, ...over.map(({ type }) => ({ $patch: 'delete', type }))];
    const patch = { metadata: { uid: metadata.uid }, status: { ...cleared, ...status, ...addresses, conditions } };
    return this.context.client.patch('pods', metadata.namespace ?? '', metadata.name, patch, {
      type: 'strategic',
      subresource: 'status',
    });
  }
}

/** Whether nobody has changed since what this node has the word about. */
function isAsWritten(status: PodStatus, { own, stored }: Written): boolean {
  const { conditions = [], ...rest } = own;
  const of = ({ conditions: all }: PodStatus, type: string): unknown => {
    const { status: value, reason, message } = all?.find((each) => each.type === type) ?? {};
    return { value, reason, message };
  };
  return (
    Object.keys(rest).every((key) => semanticEqual(status[key as keyof PodStatus], stored[key as keyof PodStatus])) &&
    conditions.every(({ type }) => semanticEqual(of(status, type), of(stored, type)))
  );
}
