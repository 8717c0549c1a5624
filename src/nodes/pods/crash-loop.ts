import type { ContainerStateTerminated, ContainerStateWaiting, Pod } from '../../../schema/types.ts';
import { formatDuration } from '../../go/duration.ts';
import { Backoff } from './backoff.ts';

/** How long a container that ended is waited with before it is started again. */
export class CrashLoop {
  private readonly backoff = new Backoff();

  /** @returns ms still to wait; 0: it is started now, which counts */
  next(ended: ContainerStateTerminated, now: number): number {
    const since = Date.parse(ended.finishedAt ?? '') || now;
    const wait = this.backoff.remaining(since, now);
    if (wait === 0) this.backoff.next(since, now);
    return wait;
  }

  /** What the status and the event say of one that waits. */
  describe(pod: Pod, container: string): { waiting: ContainerStateWaiting; event: string } {
    const { name, namespace, uid } = pod.metadata;
    const full = `${name}_${namespace}(${uid})`;
    const delay = formatDuration(this.backoff.current);
    const message = `back-off ${delay} restarting failed container=${container} pod=${full}`;
    return {
      waiting: { reason: 'CrashLoopBackOff', message },
      event: `Back-off restarting failed container ${container} in pod ${full}`,
    };
  }
}
