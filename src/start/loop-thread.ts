import { MessageChannel, Worker } from 'node:worker_threads';
import type { Executor } from '../client/transports/executor.ts';
import { servePort } from '../client/transports/port.ts';
import type { LoopSettings, Report } from './loop-settings.ts';

export interface LoopThread {
  /** the loops' numbers, as lines of an exposition */
  metrics(): Promise<readonly string[]>;
  stop(): Promise<void>;
}

type FromThread =
  | { type: 'metrics'; lines: readonly string[] }
  | { type: 'log'; message: string; fields?: Record<string, unknown> }
  | { type: 'started' | 'stopped' };

/**
 * Runs the loops in a thread of their own, so that none of them ever stalls a request. Rejects when the thread ends
 * before it has started; one that ends later is told to `onExit`.
 */
export function startLoopThread(
  settings: LoopSettings,
  executor: Executor,
  log: Report,
  onExit: (why: string) => void,
): Promise<LoopThread> {
  const { port1, port2 } = new MessageChannel();
  const stopServing = servePort(port1, executor);
  const worker = new Worker(new URL('./thread.js', import.meta.url), {
    workerData: { settings, port: port2 },
    transferList: [port2],
    trackUnmanagedFds: false,
  });
  let stopping = false;
  /** for the next answer: who asks while one is awaited shares it */
  const waiting: ((lines: readonly string[]) => void)[] = [];
  return new Promise((resolve, reject) => {
    const stop = () =>
      new Promise<void>((stopped) => {
        stopping = true;
        worker.on('message', (message: { type: string }) => message.type === 'stopped' && stopped());
        worker.once('exit', () => stopped());
        worker.postMessage('stop');
      })
        .then(() => worker.terminate())
        .then(() => stopServing());
    const metrics = () =>
      new Promise<readonly string[]>((answered) => {
        if (stopping) return answered([]);
        waiting.push(answered);
        if (waiting.length === 1) worker.postMessage('metrics');
      });
    worker.on('message', (message: FromThread) => {
      if (message.type === 'metrics') for (const answered of waiting.splice(0)) answered(message.lines);
      if (message.type === 'log') log(message.message, message.fields);
      if (message.type === 'started') resolve({ stop, metrics });
    });
    worker.once('error', (error: Error) => {
      reject(error);
      if (!stopping) onExit(error.stack ?? error.message);
    });
    worker.once('exit', (code) => {
      for (const answered of waiting.splice(0)) answered([]);
      reject(new Error(`the loops' thread ended with code ${code}`));
      if (!stopping) onExit(`the loops' thread ended with code ${code}`);
    });
  });
}
