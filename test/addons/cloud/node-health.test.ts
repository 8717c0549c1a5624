import { createServer, type AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { askNode, inTurn } from '../../../src/addons/cloud/local/node-health.ts';

test('a node that answers for ever, a byte at a time, does not answer', async () => {
  const timers = new Set<NodeJS.Timeout>();
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.write('HTTP/1.1 200 OK\r\nX-Long: ');
    timers.add(setInterval(() => socket.write('a'), 5));
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as AddressInfo;
  expect(await askNode('127.0.0.1', port, 50, () => true)).toBe(false);
  for (const timer of timers) clearInterval(timer);
  server.close();
});

test('nodes are asked by all Services together no more than so many at once', async () => {
  const open: (() => void)[] = [];
  let most = 0;
  let running = 0;
  const ask = inTurn(async (address) => {
    most = Math.max(most, ++running);
    await new Promise<void>((done) => open.push(done));
    running--;
    if (address === 'bad') throw new Error('refused');
    return true;
  }, 2);
  const answers = ['a', 'bad', 'b', 'c', 'd'].map((address) => ask(address, 1).catch(() => false));
  while (open.length) {
    open.shift()?.();
    await new Promise((turn) => setImmediate(turn));
  }
  expect(await Promise.all(answers)).toEqual([true, false, true, true, true]);
  expect(most).toBe(2);
});
