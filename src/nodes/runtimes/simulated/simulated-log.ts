import type { ContainerStatus, Pod } from '../../../../schema/types.ts';
import type { Clock } from '../../../rules/clock.ts';
import { containerStatus } from '../../../rules/containers.ts';
import { logPrefix } from '../../../rules/log-line.ts';

/** ms between two lines of a container that goes on */
const EVERY_MS = 60_000;
/** ms until a log that is followed is looked at again: its container may have ended meanwhile */
const LOOK_MS = 1000;
/** Lines that are made at a time. */
const PER_CHUNK = 256;

/** One run of a simulated container; times in ms since the epoch. */
interface Run {
  attempt: number;
  startedAt: number;
  finishedAt?: number;
  exitCode?: number;
}

/** The run of which the log is asked for; undefined where there was none. */
export function runOf(status: ContainerStatus | undefined, previous: boolean): Run | undefined {
  if (!status) return undefined;
  const { restartCount, state, lastState } = status;
  if (previous && restartCount === 0) return undefined;
  // one that waits to be started again has the log of the run that has ended
  const waits = state?.waiting !== undefined;
  const terminated = previous || waits ? lastState?.terminated : state?.terminated;
  const attempt = previous ? restartCount - 1 : restartCount;
  if (terminated?.startedAt) {
    const { startedAt, finishedAt = startedAt, exitCode } = terminated;
    return { attempt, startedAt: Date.parse(startedAt), finishedAt: Date.parse(finishedAt), exitCode };
  }
  const begun = previous ? undefined : state?.running?.startedAt;
  return begun === undefined ? undefined : { attempt, startedAt: Date.parse(begun) };
}

export interface SimulatedLogOptions {
  container: string;
  previous: boolean;
  follow: boolean;
  tailLines: number | undefined;
}

/**
 * The log of a simulated container as records of the CRI format: that it has begun, a line each minute, how it ended.
 * @param pod as it is now; undefined when it is gone
 */
export async function* simulatedLog(
  pod: () => Pod | undefined,
  { container, previous, follow, tailLines }: SimulatedLogOptions,
  clock: Clock,
  left: AbortSignal,
): AsyncGenerator<Buffer> {
  const now = (): { pod: Pod; run: Run } | undefined => {
    const object = pod();
    const run = object && runOf(containerStatus(object, container), previous);
    return run && { pod: object, run };
  };
  let seen = now();
  let next = seen && tailLines !== undefined ? Math.max(0, linesOf(seen.run, clock.now()) - tailLines) : 0;
  while (seen && !left.aborted) {
    for (const last = linesOf(seen.run, clock.now()); next < last && !left.aborted;) {
      const from = next;
      next = Math.min(last, from + PER_CHUNK);
      yield Buffer.concat(
        Array.from({ length: next - from }, (_, n) => record(seen!.pod, container, seen!.run, from + n)),
      );
    }
    if (!follow || previous || seen.run.finishedAt !== undefined) return;
    await new Promise<void>((resolve) => void clock.setTimeout(resolve, LOOK_MS));
    const { attempt } = seen.run;
    seen = now();
    if (seen?.run.attempt !== attempt) return;
  }
}

const minutes = ({ startedAt, finishedAt }: Run, now: number): number =>
  Math.max(0, Math.floor(((finishedAt ?? now) - startedAt) / EVERY_MS));

/** How many there are by now. */
const linesOf = (run: Run, now: number): number => 1 + minutes(run, now) + (run.finishedAt === undefined ? 0 : 1);

function record(pod: Pod, container: string, run: Run, index: number): Buffer {
  const { startedAt, finishedAt, exitCode = 0 } = run;
  const { namespace = '', name } = pod.metadata;
  if (finishedAt !== undefined && index === linesOf(run, finishedAt) - 1)
    return line(finishedAt, `ended with exit code ${exitCode}`, exitCode === 0 ? 'stdout' : 'stderr');
  const first = `container ${container} of pod ${namespace}/${name}: ${whyNothing(pod)}`;
  return line(startedAt + index * EVERY_MS, index === 0 ? first : `would have run for ${index} min`);
}

const line = (time: number, text: string, stream = 'stdout'): Buffer =>
  Buffer.from(`${logPrefix(time, stream, false)}${text}\n`);

/** What is said of a pod to whoever asks for something that only a process could do. */
export const whyNothing = ({ spec }: Pod): string => `node ${spec?.nodeName ?? ''} is simulated and runs nothing`;
