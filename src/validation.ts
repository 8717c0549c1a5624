import { parentPort } from 'node:worker_threads';
import { validationServer } from './api/validation/serve.ts';
import type { ToThread } from './api/validation/thread.ts';
import { OPTIONAL_VERSIONS } from './kinds/builtin.ts';
import { createRegistry } from './kinds/registry.ts';

/** The thread in which objects of very many values are judged. */
const port = parentPort!;
const take = validationServer(createRegistry([...OPTIONAL_VERSIONS]), (message) => port.postMessage(message));
port.on('message', (message: ToThread) => take(message));
