import { Worker } from 'node:worker_threads';
import type { FromThread, Thread } from '../api/validation/thread.ts';

/** MB of the thread's heap: an object of as many values as there may be, its copies and all that is wrong with it. */
const MAX_HEAP_MB = 256;

/** A thread that runs the kinds' rules. It does not keep the process alive. */
export function startValidationThread(): Thread {
  const worker = new Worker(new URL('./validation.js', import.meta.url), {
    resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_MB },
    trackUnmanagedFds: false,
  });
  worker.unref();
  return {
    post: (message) => worker.postMessage(message),
    onMessage: (listener) => worker.on('message', (message: FromThread) => listener(message)),
    onEnd(listener) {
      worker.on('error', (error) => listener(error instanceof Error ? error.message : String(error)));
      worker.on('exit', (code) => listener(`the validation ended with code ${code}`));
    },
    end: () => void worker.terminate(),
  };
}
