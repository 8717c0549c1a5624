import { expect, test } from 'vitest';
import { stopSignal } from '../../../src/nodes/pods/stop-signal.ts';

test.each([
  [undefined, 'SIGTERM'],
  ['', 'SIGTERM'],
  ['SIGQUIT', 'SIGQUIT'],
  ['quit', 'SIGQUIT'],
  ['3', 3],
  ['37', 37],
  ['0', 'SIGTERM'],
  ['65', 'SIGTERM'],
  ['SIGRTMIN+3', 37],
  ['SIGRTMIN', 34],
  ['RTMAX-14', 50],
  ['SIGRTMAX+1', 'SIGTERM'],
  ['SIGRTMIN-1', 'SIGTERM'],
  ['SIGCLD', 'SIGCHLD'],
  ['SIGPOLL', 'SIGIO'],
  ['SIGNOTHING', 'SIGTERM'],
  ['constructor', 'SIGTERM'],
])('%s is %s', (text, signal) => {
  expect(stopSignal(text)).toBe(signal);
});
