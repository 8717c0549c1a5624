import { attributesOf } from '../../api/authorization/attributes.ts';
import type { Attributes } from '../../api/contract.ts';
import { internalError } from '../../meta/status.ts';
import { systemClock } from '../../rules/clock.ts';
import type { OperationContext } from '../context.ts';
import type { Subscription } from '../live/subscription.ts';
import { LogMerge } from './log-merge.ts';
import type { LogArguments } from './log-options.ts';
import { loggedContainers, logTarget, openLog, type LoggedPod } from './read-log.ts';

/** A subscription that logs go to, at the pace of its slowest reader. */
export class LogSubscription {
  readonly merge: LogMerge;
  readonly subscription: Subscription;
  private readonly ended = new AbortController();

  constructor({ subscribing }: OperationContext) {
    if (!subscribing) throw internalError('a log is followed outside of a subscription');
    const { subscription } = subscribing;
    this.subscription = subscription;
    this.merge = new LogMerge(
      {
        get full() {
          return subscription.full;
        },
        push: (lines, bytes) => subscription.push([lines], bytes),
      },
      systemClock,
    );
    subscription.paces(() => this.merge.pump());
  }

  /** aborted when nobody reads any more */
  get signal(): AbortSignal {
    return this.ended.signal;
  }

  /** From now on it is read, by these rights, until nobody does. */
  begins(rights: readonly Attributes[], stop: () => void = () => undefined): Subscription {
    this.subscription.openedBy(rights);
    this.subscription.closing(() => {
      this.ended.abort();
      this.merge.stop();
      stop();
    });
    return this.subscription;
  }

  end(error?: unknown): void {
    this.subscription.end(error);
    this.ended.abort();
    this.merge.stop();
  }
}

/** The log of a pod, which ends with it or, when it is not followed, with what there is. Throws 403 and 404. */
export async function followPodLogs(
  context: OperationContext,
  pod: LoggedPod,
  args: LogArguments,
): Promise<Subscription> {
  const logs = new LogSubscription(context);
  const containers = await loggedContainers(context, pod, args.container);
  const begun = logs.begins([attributesOf('get', logTarget(pod))]);
  const read = async (container: string): Promise<void> =>
    logs.merge.add(await openLog(context, pod, container, args, logs.signal));
  Promise.all(containers.map(read)).then(
    () => logs.end(),
    (error: unknown) => logs.end(error),
  );
  return begun;
}
