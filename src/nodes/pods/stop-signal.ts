import { constants } from 'node:os';

/** Linux' first and last real-time signals, as C libraries have them. */
const RTMIN = 34;
const RTMAX = 64;
/** Names that Node does not know. */
const OTHERS: Readonly<Record<string, NodeJS.Signals>> = { SIGCLD: 'SIGCHLD', SIGPOLL: 'SIGIO', SIGIOT: 'SIGABRT' };

const isSignal = (name: string): name is NodeJS.Signals => Object.hasOwn(constants.signals, name);

/**
 * The signal that ends a container, as images and pods write it: `SIGQUIT`, `quit`, `3`, `SIGRTMIN+3`.
 * What is no signal is SIGTERM, as for runtimes.
 */
export function stopSignal(text: string | undefined): NodeJS.Signals | number {
  if (!text) return 'SIGTERM';
  if (/^\d+$/.test(text)) return Number(text) >= 1 && Number(text) <= RTMAX ? Number(text) : 'SIGTERM';
  const upper = text.toUpperCase();
  const name = upper.startsWith('SIG') ? upper : `SIG${upper}`;
  const [, from, sign, offset = '0'] = /^SIGRT(MIN|MAX)(?:([+-])(\d{1,2}))?$/.exec(name) ?? [];
  if (from !== undefined) {
    const number = (from === 'MIN' ? RTMIN : RTMAX) + (sign === '-' ? -1 : 1) * Number(offset);
    return number >= RTMIN && number <= RTMAX ? number : 'SIGTERM';
  }
  const known = OTHERS[name] ?? name;
  return isSignal(known) ? known : 'SIGTERM';
}
