import type { HeapProfiler, Profiler } from 'node:inspector';
import { Session } from 'node:inspector/promises';
import type { CallFrame, Profile, Sample } from './pprof.ts';

/** µs between two looks at the stack: as often as Go looks. */
const CPU_INTERVAL = 10_000;
/** Bytes of memory that one sample stands for, on the average. */
const HEAP_INTERVAL = 32_768;

/** Until the time is over, or `signal` says so. @param ms */
const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener('abort', end);
    if (signal.aborted) end();
  });

async function inSession<T>(
  ms: number,
  work: (session: Session) => Promise<T>,
): Promise<T & Pick<Profile, 'began' | 'lasted'>> {
  const session = new Session();
  session.connect();
  try {
    const began = Date.now();
    const result = await work(session);
    return { ...result, began, lasted: Math.min(ms, Date.now() - began) };
  } finally {
    session.disconnect();
  }
}

/** What this thread did in the next `ms`, by a look at its stack every 10 ms. */
export const cpuProfile = (ms: number, signal: AbortSignal): Promise<Profile> =>
  inSession(ms, async (session) => {
    await session.post('Profiler.enable');
    await session.post('Profiler.setSamplingInterval', { interval: CPU_INTERVAL });
    await session.post('Profiler.start');
    await pause(ms, signal);
    const { profile } = await session.post('Profiler.stop');
    const types = [
      { type: 'samples', unit: 'count' },
      { type: 'cpu', unit: 'nanoseconds' },
    ];
    return { types, period: CPU_INTERVAL * 1000, samples: cpuSamples(profile) };
  });

/** Memory that was taken in the next `ms` and is still in use at the end. */
export const heapProfile = (ms: number, signal: AbortSignal): Promise<Profile> =>
  inSession(ms, async (session) => {
    await session.post('HeapProfiler.startSampling', { samplingInterval: HEAP_INTERVAL });
    await pause(ms, signal);
    const { profile } = await session.post('HeapProfiler.stopSampling');
    const types = [
      { type: 'inuse_objects', unit: 'count' },
      { type: 'inuse_space', unit: 'bytes' },
    ];
    return { types, period: HEAP_INTERVAL, samples: heapSamples(profile) };
  });

/** Places that are no code: the root of all stacks, and a thread that waits. */
const NOTHING = new Set(['(root)', '(idle)']);

/** By node; time is that from one look to the next. */
export function cpuSamples({ nodes, samples = [], timeDeltas = [] }: Profiler.Profile): Sample[] {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const parents = new Map(nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id] as const)));
  const spent = new Map<number, number[]>();
  for (const [i, id] of samples.entries()) {
    const [count = 0, time = 0] = spent.get(id) ?? [];
    spent.set(id, [count + 1, time + Math.max(0, timeDeltas[i] ?? 0) * 1000]);
  }
  return [...spent].flatMap(([id, values]) => {
    const stack: CallFrame[] = [];
    for (let at: number | undefined = id; at !== undefined; at = parents.get(at)) {
      const frame = byId.get(at)?.callFrame;
      if (frame && !NOTHING.has(frame.functionName)) stack.push(frame);
    }
    return stack.length ? [{ stack, values }] : [];
  });
}

export function heapSamples({ head }: HeapProfiler.SamplingHeapProfile): Sample[] {
  const found: Sample[] = [];
  const visit = (node: HeapProfiler.SamplingHeapProfileNode, above: readonly CallFrame[]): void => {
    const stack = NOTHING.has(node.callFrame.functionName) ? above : [node.callFrame, ...above];
    if (node.selfSize > 0 && stack.length)
      found.push({ stack, values: [Math.max(1, Math.round(node.selfSize / HEAP_INTERVAL)), node.selfSize] });
    for (const child of node.children) visit(child, stack);
  };
  visit(head, []);
  return found;
}
