import type { Pod } from '../../../schema/types.ts';
import type { WatchOptions } from '../../api/contract.ts';
import { attributesOf } from '../../api/authorization/attributes.ts';
import { collectionAttributes } from '../../api/selection.ts';
import type { Kind } from '../../kinds/kind.ts';
import { labelSelectorAsSelector, type LabelSelectorLike } from '../../meta/labels.ts';
import type { KubeObject, Parts, Unchecked } from '../../meta/object.ts';
import { badRequest, isStatusError, notFound, tooManyRequests } from '../../meta/status.ts';
import type { OperationContext } from '../context.ts';
import { sharedWatch } from '../live/shared-watch.ts';
import type { Subscription } from '../live/subscription.ts';
import { targetOf } from '../targets.ts';
import { wholeObject } from '../whole.ts';
import { systemClock } from '../../rules/clock.ts';
import type { LogLine } from './log-line.ts';
import { LogSubscription } from './log-subscription.ts';
import type { LogArguments } from './log-options.ts';
import { loggedContainers, logTarget, openLog, type LoggedPod, type OpenLog } from './read-log.ts';
import { podOf } from './pod-logs.ts';

export interface WorkloadLogArguments extends LogArguments {
  namespace: string;
  name: string;
}

/** Logs that one subscription reads at once. */
const MAX_LOGS = 100;
/** What a node may answer for a while; all else is a reason to end. */
const PASSING: ReadonlySet<number> = new Set([400, 404, 500, 503]);
/** ms until it is asked again */
const RETRY_MS = 1000;

/**
 * The logs of all pods that a workload selects, by time. Followed, pods that come join, and containers that are started
 * again; it does not end by itself. Each pod's log needs the right to it, and a pod without ends it with 403.
 * Throws what a get of the workload and a watch of its pods are refused with, and 400 for one without a selector.
 */
export async function followWorkloadLogs(
  context: OperationContext,
  kind: Kind,
  pods: Kind,
  args: WorkloadLogArguments,
): Promise<Subscription> {
  const { api, request } = context;
  const { namespace, name } = args;
  const logs = new LogSubscription(context);
  const workload = targetOf(kind, { namespace, name });
  const { stored } = await api.get(request, workload, {});
  if (!stored) throw notFound(kind, name);
  const { spec } = wholeObject(kind, stored) as { spec?: { selector?: Parts<LabelSelectorLike> } };
  const labelSelector = labelSelectorAsSelector(spec?.selector).toString();
  if (!labelSelector) throw badRequest(`${kind.resource} ${JSON.stringify(name)} selects no pods`);
  const target = targetOf(pods, { namespace });
  const options: WatchOptions = {
    labelSelector,
    allowWatchBookmarks: true,
    sendInitialEvents: true,
    resourceVersionMatch: 'NotOlderThan',
  };
  const follower = new PodFollower(context, pods, args, logs);
  const stop = await sharedWatch(api, request, target, options, {
    onEvents: (events) => {
      for (const { type, stored: pod } of events) {
        const object = wholeObject(pods, pod) as KubeObject & Unchecked<Pod>;
        if (type === 'DELETED') follower.gone(object);
        else follower.saw(object);
      }
    },
    onBookmark: (_, initialEventsEnd) => {
      if (initialEventsEnd) follower.knowsAll();
    },
    onEnd: (error) => logs.end(error),
  });
  return logs.begins([attributesOf('get', workload), collectionAttributes('watch', target, options)], stop);
}

/** A container whose log is read, or was. */
interface Logged {
  readonly pod: LoggedPod;
  readonly container: string;
  /** which start of the container it is */
  readonly start: string;
  readonly part: LogArguments;
  /** the last line that was read */
  last?: LogLine | undefined;
}

/** Reads the logs of pods as their containers start. */
class PodFollower {
  /** by pod and container */
  private readonly logged = new Map<string, Logged>();
  /** rights to logs: one, or one for each name that roles have */
  private readonly held = new Set<string>();
  private reading = 0;
  private initial = true;

  constructor(
    private readonly context: OperationContext,
    private readonly kind: Kind,
    private readonly args: WorkloadLogArguments,
    private readonly logs: LogSubscription,
  ) {}

  saw(pod: KubeObject & Unchecked<Pod>): void {
    if (this.args.follow === false && !this.initial) return;
    const { containerStatuses = [], initContainerStatuses = [], ephemeralContainerStatuses = [] } = pod.status ?? {};
    const { container } = this.args;
    const all = container
      ? [...containerStatuses, ...initContainerStatuses, ...ephemeralContainerStatuses].filter(
          ({ name }) => name === container,
        )
      : containerStatuses;
    for (const { name = '', state, containerID = '', restartCount = 0 } of all) {
      if (!state?.running && !state?.terminated) continue;
      const key = `${pod.metadata.uid} ${name}`;
      const start = `${restartCount} ${containerID}`;
      if (this.logged.get(key)?.start === start) continue;
      // of what has started since, nothing is left out
      const part = this.initial ? this.args : { ...this.args, tail: undefined, since: undefined };
      const log: Logged = { pod: podOf(this.kind, pod), container: name, start, part };
      this.logged.set(key, log);
      void this.read(log, key);
    }
  }

  gone({ metadata: { uid } }: KubeObject): void {
    for (const key of this.logged.keys()) if (key.startsWith(`${uid} `)) this.logged.delete(key);
  }

  /** All pods that there were have been seen. */
  knowsAll(): void {
    this.initial = false;
    this.endsIfDone();
  }

  private async read(log: Logged, key: string): Promise<void> {
    const { context, logs } = this;
    this.reading++;
    try {
      if (this.reading > MAX_LOGS)
        throw tooManyRequests(`more than ${MAX_LOGS} logs at once: name a container, or a pod`, 1);
      const { pod, container, part, last } = log;
      await loggedContainers(context, pod, container);
      this.hold(pod);
      const from = last?.time ? { ...part, tail: undefined, since: last.time } : part;
      const open = await openLog(context, pod, container, { ...from, follow: part.follow ?? true }, logs.signal);
      await this.take(log, open, key);
    } catch (error) {
      // a pod that has gone meanwhile has left
      if (!isStatusError(error) || error.code !== 404) logs.end(error);
    } finally {
      this.reading--;
      this.endsIfDone();
    }
  }

  /** Who may read the log may not one day: the right to all of the namespace is held, or else that to the pod. */
  private hold(pod: LoggedPod): void {
    const { api, request } = this.context;
    const all = attributesOf('get', logTarget({ ...pod, name: '' }));
    const right = api.authorize(request.user, all).allowed ? all : attributesOf('get', logTarget(pod));
    const key = JSON.stringify(right);
    if (this.held.has(key)) return;
    this.held.add(key);
    this.logs.subscription.openedBy([right]);
  }

  /** A node that does not answer for a while is asked again, while the container is the same. */
  private async take(log: Logged, open: OpenLog, key: string): Promise<void> {
    try {
      await this.logs.merge.add(unseen(open, log));
    } catch (error) {
      const passes = isStatusError(error) && PASSING.has(error.code);
      if (!passes || log.part.follow === false) throw error;
      systemClock.setTimeout(() => {
        if (this.logged.get(key) === log && !this.logs.signal.aborted) void this.read(log, key);
      }, RETRY_MS);
    }
  }

  private endsIfDone(): void {
    if (this.args.follow === false && !this.initial && this.reading === 0) this.logs.end();
  }
}

/** The lines that come after the last one that was read. */
async function* unseen(open: OpenLog, log: Logged): OpenLog {
  const { last } = log;
  for await (const lines of open) {
    const fresh = last ? lines.filter((line) => isAfter(line, last)) : lines;
    log.last = fresh.at(-1) ?? log.last;
    yield fresh;
  }
}

const isAfter = (line: LogLine, last: LogLine): boolean =>
  line.order === last.order ? (line.time ?? '') > (last.time ?? '') : line.order > last.order;
