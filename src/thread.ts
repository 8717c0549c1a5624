import { parentPort, workerData, type MessagePort } from 'node:worker_threads';
import { portTransport } from './client/transports/port.ts';
import type { LoopSettings, Report } from './start/loop-settings.ts';
import { runLoops } from './start/loops.ts';

/** The thread of the loops: its only way to the API is the port it is given. */
const { settings, port } = workerData as { settings: LoopSettings; port: MessagePort };
const log: Report = (message, fields) => parentPort!.postMessage({ type: 'log', message, fields });

// As in the program's own thread, where one is told of too: nothing else here has to end for it.
process.on('unhandledRejection', (error) => log(`unhandled: ${(error as Error)?.stack ?? String(error)}`));

const loops = await runLoops(settings, portTransport(port), log);
parentPort!.postMessage({ type: 'started' });
parentPort!.on('message', (message: string) => {
  if (message === 'metrics') return parentPort!.postMessage({ type: 'metrics', lines: loops.metrics() });
  void loops.stop().then(
    () => parentPort!.postMessage({ type: 'stopped' }),
    (error: Error) => {
      log(`stop: ${error.message}`);
      parentPort!.postMessage({ type: 'stopped' });
    },
  );
});
