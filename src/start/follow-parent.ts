import { readFileSync } from 'node:fs';

/** How often the parent is asked for, ms. */
const LOOK_MS = 1000;

/**
 * Who runs `npm start` may end npm alone: npm hands SIGINT and SIGTERM on (the script is `exec`, for a shell between them
 * would not), and when it is killed this program ends too, rather than go on where nobody sees it. A terminal that goes
 * away ends it as well, unless it was told to outlive that (nohup).
 */
export function stopWithParent(stop: () => void): void {
  if (!ignoresHangup()) process.on('SIGHUP', stop);
  // what starts a cluster for tests asks for the same
  const { npm_lifecycle_event: npm, KU7S_WITH_PARENT: tests } = process.env;
  if (npm === undefined && tests === undefined) return;
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
