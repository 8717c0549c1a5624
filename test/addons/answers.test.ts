import { createServer, type AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { answers } from '../../src/addons/answers.ts';

test('tells a server that listens from one that does not', async () => {
  const server = createServer((socket) => socket.destroy());
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  expect(await answers('127.0.0.1', port)).toBe(true);
  await new Promise((closed) => server.close(closed));
  expect(await answers('127.0.0.1', port)).toBe(false);
});
