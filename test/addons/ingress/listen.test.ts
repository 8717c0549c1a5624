import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { entriesOf, listenNear } from '../../../src/addons/ingress/listen.ts';
import { RouteTable } from '../../../src/addons/ingress/route-table.ts';

const proxy = { handle: () => Promise.resolve(), upgrade: () => Promise.resolve() };
const make = entriesOf(proxy, { tls: false, port: 0, tlsPort: 0, routes: () => new RouteTable([]) });

test('all addresses have the same port', async () => {
  const near = await listenNear(['127.0.0.1', '127.0.0.2'], 0, 80, make);
  const other = createServer();
  other.listen(near.port, '127.0.0.2');
  const [error] = (await once(other, 'error')) as [NodeJS.ErrnoException];
  expect(error.code).toBe('EADDRINUSE');
  await near.close(0);
});

test('the wildcard is not taken: a Service may have the port at its own address', async () => {
  const near = await listenNear(['127.0.0.1'], 0, 80, make);
  const other = createServer().listen(near.port, '127.0.0.3');
  await once(other, 'listening');
  other.close();
  await near.close(0);
});

test('a port that is asked for and taken is an error, and leaves nothing open', async () => {
  const taken = createServer().listen(0, '127.0.0.2');
  await once(taken, 'listening');
  const { port } = taken.address() as AddressInfo;
  await expect(listenNear(['127.0.0.1', '127.0.0.2'], port, 80, make)).rejects.toThrow('EADDRINUSE');
  const free = createServer().listen(port, '127.0.0.1');
  await once(free, 'listening');
  free.close();
  taken.close();
});

test('another address takes the place of one that is gone, on the same port', async () => {
  const near = await listenNear(['127.0.0.1', '127.0.0.2'], 0, 80, make);
  await near.use(['127.0.0.1', '127.0.0.3']);
  const isTaken = async (address: string): Promise<boolean> => {
    const other = createServer();
    const taken = once(other, 'error').then(() => true);
    const free = once(other, 'listening').then(() => false);
    other.listen(near.port, address);
    const found = await Promise.race([taken, free]);
    other.close();
    return found;
  };
  expect(await isTaken('127.0.0.1')).toBe(true);
  expect(await isTaken('127.0.0.3')).toBe(true);
  expect(await isTaken('127.0.0.2')).toBe(false);
  await near.close(0);
});
