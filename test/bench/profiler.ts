import { WebSocket } from 'ws';
import type { BenchServer } from './server.ts';

/** V8's profile format, as far as it is read here. */
export interface CpuProfile {
  nodes: { id: number; callFrame: { functionName: string; url: string; lineNumber: number }; children?: number[] }[];
  samples: number[];
  timeDeltas: number[];
}

/**
 * Profiles a running server through its inspector, so that rows need no server each. Sampling every 0.5 ms. Of a row that
 * starts the server anew it is the time before that: a process does not end while somebody inspects it.
 * @param server started with an inspector
 */
export async function profileWhile<T>(
  server: BenchServer,
  act: () => Promise<T>,
): Promise<{ result: T; profile: CpuProfile }> {
  const socket = new WebSocket(server.inspector!, { perMessageDeflate: false, maxPayload: 512 * 1024 * 1024 });
  const waiting = new Map<number, { resolve(result: unknown): void; reject(error: Error): void }>();
  let id = 0;
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
  socket.on('message', (data: Buffer) => {
    const message = JSON.parse(data.toString()) as { id?: number; result?: unknown; error?: { message: string } };
    const caller = waiting.get(message.id ?? 0);
    if (!caller) return;
    waiting.delete(message.id!);
    if (message.error) caller.reject(new Error(message.error.message));
    else caller.resolve(message.result);
  });
  socket.on('close', () => waiting.forEach(({ reject }) => reject(new Error('the inspector is gone'))));
  const send = (method: string, params: object = {}) =>
    new Promise<unknown>((resolve, reject) => {
      waiting.set(++id, { resolve, reject });
      socket.send(JSON.stringify({ id, method, params }));
    });
  try {
    await send('Profiler.enable');
    await send('Profiler.setSamplingInterval', { interval: 500 });
    await send('Profiler.start');
    let taken: Promise<CpuProfile> | undefined;
    const take = async (): Promise<CpuProfile> => {
      const { profile } = (await send('Profiler.stop')) as { profile: CpuProfile };
      socket.terminate();
      return profile;
    };
    server.beforeStop = () => (taken ??= take());
    const result = await act();
    return { result, profile: await (taken ??= take()) };
  } finally {
    server.beforeStop = undefined;
    socket.terminate();
  }
}
