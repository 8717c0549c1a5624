import { readFileSync } from 'node:fs';

/** How often the parent is asked for, ms. */
const LOOK_MS = 1000;

/**
 * Under `npm start` a shell may stand between npm and this program, which ends by the signal that npm hands on without
 * handing it on itself. So this program ends with whoever npm has started it by. A terminal that goes away ends it
 * too, unless it was told to outlive that (nohup).
 */
export function stopWithParent(stop: () => void): void {
  if (!ignoresHangup()) process.on('SIGHUP', stop);
  if (process.env['npm_lifecycle_event'] === undefined) return;
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    stop();
  }, LOOK_MS);
  timer.unref();
}

/** Whether SIGHUP is ignored, as nohup leaves it; Node itself does not say. */
function ignoresHangup(): boolean {
  try {
    const mask = /^SigIgn:\s*([0-9a-f]+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
    return mask !== undefined && (BigInt(`0x${mask}`) & 1n) === 1n;
  } catch {
    return false;
  }
}
