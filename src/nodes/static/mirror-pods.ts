import type { Pod } from '../../../schema/types.ts';
import type { Informer } from '../../client/contract.ts';
import { unlessChanged } from '../../control/conflict.ts';
import { errorMessage } from '../../meta/error-message.ts';
import { isStatusError } from '../../meta/status.ts';
import { CONFIG_MIRROR } from '../../rules/critical-pod.ts';
import type { AgentContext } from '../pods/agent-context.ts';
import { CONFIG_HASH, isMirrorPod, mirrorOf } from './static-pod.ts';

/** How long after a failure it is tried again, ms. */
const RETRY_MS = 5000;

/**
 * Keeps the API's pictures of the node's static pods: one that is missing is made, one that is of another version, or
 * that somebody deletes, is taken away and made again, and one of a pod that is gone goes. The pods know nothing of it.
 */
export class MirrorPods {
  private readonly busy = new Map<string, boolean>();
  private readonly timers = new Map<string, unknown>();
  private stopped = false;

  /** @param pods those whose picture is to be there, by `namespace/name` */
  constructor(
    private readonly informer: Informer<Pod>,
    private readonly context: Pick<AgentContext, 'client' | 'clock' | 'log' | 'node' | 'nodeName'>,
    private readonly pods: (key: string) => Pod | undefined,
  ) {}

  /** The picture of a static pod, as the API has it; undefined while there is none. */
  of(pod: Pod): Pod | undefined {
    const found = this.informer.get(pod.metadata.namespace ?? '', pod.metadata.name);
    return found && isPictureOf(found, pod) ? found : undefined;
  }

  /** Something may have changed about it. */
  sync(key: string): void {
    const { clock } = this.context;
    if (this.stopped) return;
    clock.clearTimeout(this.timers.get(key));
    this.timers.delete(key);
    if (this.busy.has(key)) return void this.busy.set(key, true);
    this.busy.set(key, false);
    void this.one(key)
      .catch((error: unknown) => {
        this.context.log('a mirror pod is not as it should be', { pod: key, error: errorMessage(error) });
        if (!this.stopped)
          this.timers.set(
            key,
            clock.setTimeout(() => this.sync(key), RETRY_MS),
          );
      })
      .finally(() => {
        const again = this.busy.get(key);
        this.busy.delete(key);
        if (again) this.sync(key);
      });
  }

  stop(): void {
    this.stopped = true;
    for (const timer of this.timers.values()) this.context.clock.clearTimeout(timer);
    this.timers.clear();
  }

  private async one(key: string): Promise<void> {
    const { client, node, nodeName } = this.context;
    const [namespace = '', name = ''] = key.split('/');
    const wanted = this.pods(key);
    const found = this.informer.get(namespace, name);
    if (found && !isMirrorPod(found)) {
      if (wanted) throw new Error('another pod has its name');
      return;
    }
    if (found && (!wanted || !isPictureOf(found, wanted) || found.metadata.deletionTimestamp)) {
      const { uid } = found.metadata;
      await unlessChanged(client.delete('pods', namespace, name, { gracePeriodSeconds: 0, uid }));
      // that it has gone is told, and then it is made again
      return;
    }
    if (found || !wanted) return;
    const mirror = mirrorOf(wanted, node().metadata.uid, nodeName);
    await client.create('pods', mirror).catch((error: unknown) => {
      // its event is on the way
      if (!isStatusError(error, 'AlreadyExists')) throw error;
    });
  }
}

const isPictureOf = (mirror: Pod, { metadata }: Pod): boolean =>
  mirror.metadata.annotations?.[CONFIG_MIRROR] === metadata.annotations?.[CONFIG_HASH];
