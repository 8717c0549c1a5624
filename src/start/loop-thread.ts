import { MessageChannel, Worker } from 'node:worker_threads';
import type { Executor } from '../client/transports/executor.ts';
import { servePort } from '../client/transports/port.ts';
import type { LoopSettings } from './loop-settings.ts';
import type { RunningLoops } from './loops.ts';

/**
 * Runs the loops in a thread of their own, so that none of them ever stalls a request. Rejects when the thread ends
 * before it has started; one that ends later is told to `onExit`.
 */
export function startLoopThread(
  settings: LoopSettings,
  executor: Executor,
  log: (line: string) => void,
  onExit: (why: string) => void,
): Promise<RunningLoops> {
  const { port1, port2 } = new MessageChannel();
  const stopServing = servePort(port1, executor);
  const worker = new Worker(new URL('./thread.js', import.meta.url), {
    workerData: { settings, port: port2 },
    transferList: [port2],
    trackUnmanagedFds: false,
  });
  let stopping = false;
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
    worker.on('message', (message: { type: string; line: string }) => {
      if (message.type === 'log') log(message.line);
      if (message.type === 'started') resolve({ stop });
    });
    worker.once('error', (error: Error) => {
      reject(error);
      if (!stopping) onExit(error.stack ?? error.message);
    });
    worker.once('exit', (code) => {
      reject(new Error(`the loops' thread ended with code ${code}`));
      if (!stopping) onExit(`the loops' thread ended with code ${code}`);
    });
  });
}
