import { readFileSync } from 'node:fs';
import { Worker } from 'node:worker_threads';

/** What an attack does to the others. */
export interface Harm {
  /** ms that another user waited for a GET, as far as the server worked meanwhile: a busy machine is no harm of it */
  slowest: number;
  /** bytes of memory that the server took beyond what it had */
  grown: number;
}

/** Another user, who asks for the same small object again and again, on a thread and a connection of their own. */
export interface Bystander {
  /** Runs `attack`, and says what it did to the others meanwhile. */
  during<T>(attack: () => Promise<T>): Promise<{ result: T; harm: Harm }>;
  stop(): Promise<void>;
}

/** Runs as text, so that it needs no loader. */
const ASK = `
const { parentPort, workerData } = require('node:worker_threads');
const https = require('node:https');
const { url, ca, cert, key } = workerData;
const agent = new https.Agent({ keepAlive: true, maxSockets: 1, ca, cert, key });
let slowest = 0;
let on = true;
let tell = false;
const ask = () => {
  const start = performance.now();
  const done = () => {
    slowest = Math.max(slowest, performance.now() - start);
    if (tell) parentPort.postMessage(slowest);
    if (tell) slowest = 0;
    tell = false;
    if (on) setTimeout(ask, 2);
  };
  https.get(url, { agent }, (res) => res.resume().on('end', done)).on('error', done);
};
parentPort.on('message', (what) => {
  if (what === 'stop') {
    on = false;
    agent.destroy();
    parentPort.close();
  } else tell = true; // with the answer that is on its way
});
ask();
`;

/** The most memory that a process has had since the last call of \`forget\`. Source: proc(5), VmHWM. */
const peak = (pid: number): number =>
  1024 * Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);

/** ms of work of a process's first thread, which is that of its event loop. Source: the kernel's sched-stats. */
const worked = (pid: number): number =>
  Number(readFileSync(`/proc/${pid}/task/${pid}/schedstat`, 'utf8').split(' ')[0]) / 1e6;

export interface Credentials {
  ca: string;
  cert: string;
  key: string;
}

export function bystander(
  url: string,
  pid: number,
  credentials: Credentials,
  forget: (pid: number) => void,
): Bystander {
  const worker = new Worker(ASK, { eval: true, workerData: { url, ...credentials } });
  const lap = (): Promise<number> =>
    new Promise((resolve) => {
      worker.once('message', resolve);
      worker.postMessage('lap');
    });
  return {
    async during(attack) {
      forget(pid);
      const before = peak(pid);
      await lap();
      const start = worked(pid);
      const result = await attack();
      const waited = await lap();
      return { result, harm: { slowest: Math.min(waited, worked(pid) - start), grown: peak(pid) - before } };
    },
    async stop() {
      worker.postMessage('stop');
      await new Promise((resolve) => worker.once('exit', resolve));
    },
  };
}
