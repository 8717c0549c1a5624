import type { KubeObject } from '../../meta/object.ts';
import { timeout } from '../../meta/status.ts';
import type { OperationContext } from '../context.ts';
import { sizeOf, type LogLine } from './log-line.ts';
import { MAX_BYTES, MAX_LINES, type LogArguments } from './log-options.ts';
import { loggedContainers, openLog, type LoggedPod } from './read-log.ts';

/** Logs that one operation reads at once. */
const AT_ONCE = 8;
/** ms that reading one may take; it is not followed, so it ends by itself. */
const READ_MS = 30_000;

const gates = new WeakMap<object, Gate>();

/** What a pod has in its log, of all the containers asked for, by time. Throws as openLog. */
export async function podLogs(
  context: OperationContext,
  pod: LoggedPod,
  args: LogArguments,
): Promise<readonly LogLine[]> {
  const { budget, request } = context;
  let gate = gates.get(budget);
  if (!gate) gates.set(budget, (gate = new Gate(AT_ONCE)));
  const tail = Math.min(args.tail ?? MAX_LINES, MAX_LINES);
  const part = { ...args, tail, limit: Math.min(args.limit ?? MAX_BYTES, MAX_BYTES), follow: false };
  const lines: LogLine[] = [];
  for (const container of await loggedContainers(context, pod, args.container)) {
    const leave = await gate.enter();
    try {
      budget.check();
      const late = AbortSignal.timeout(READ_MS);
      const signal = request.signal ? AbortSignal.any([late, request.signal]) : late;
      for await (const some of await openLog(context, pod, container, part, signal)) {
        for (const line of some) lines.push(line);
        budget.write(some.reduce((sum, line) => sum + sizeOf(line), 0));
      }
      if (late.aborted) throw timeout('the node takes too long to send the log');
    } finally {
      leave();
    }
  }
  // sorting keeps the order of what is of the same time
  const sorted = lines.sort((a, b) => a.order - b.order);
  return tail === 0 ? [] : sorted.slice(-tail);
}

/** Which pod an object is. */
export const podOf = (kind: LoggedPod['kind'], { metadata }: KubeObject): LoggedPod => ({
  kind,
  namespace: metadata.namespace ?? '',
  name: metadata.name,
  uid: metadata.uid,
});

/** Lets in so many at once, in order. */
class Gate {
  private readonly waiting: (() => void)[] = [];
  constructor(private free: number) {}

  async enter(): Promise<() => void> {
    if (this.free > 0) this.free--;
    else await new Promise<void>((resolve) => this.waiting.push(resolve));
    return () => {
      const next = this.waiting.shift();
      if (next) next();
      else this.free++;
    };
  }
}
