import { createSocket, type Socket } from 'node:dgram';
import { afterEach, expect, test } from 'vitest';
import { Balancer } from '../../../src/rules/relay/balancer.ts';
import { UdpProxy } from '../../../src/rules/relay/udp-proxy.ts';

const closing: (() => unknown)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

async function bound(): Promise<Socket> {
  const socket = createSocket('udp4');
  closing.push(() => socket.close());
  await new Promise<void>((done) => socket.bind(0, '127.0.0.1', done));
  return socket;
}

test('with too many clients, the one that has been silent longest is forgotten', async () => {
  // It answers with the port that it was asked from: the same one as long as the proxy remembers the client.
  const server = await bound();
  server.on('message', (_, { port, address }) => server.send(String(port), port, address));
  const target = { address: '127.0.0.1', port: server.address().port };
  const balancer = new Balancer(() => 0, { now: () => 0 });
  const proxy = new UdpProxy(
    { balancer, targets: () => [target], affinityMs: () => 0, allows: () => true },
    '127.0.0.1',
    2,
  );
  closing.push(() => proxy.close());
  await proxy.listen(0, '127.0.0.1');
  const ask = (client: Socket): Promise<string> =>
    new Promise((resolve) => {
      client.once('message', (data) => resolve(String(data)));
      client.send('?', proxy.boundPort, '127.0.0.1');
    });
  const [a, b, c] = [await bound(), await bound(), await bound()];
  const first = [await ask(a), await ask(b)];
  expect(await ask(a)).toBe(first[0]);
  const third = await ask(c);
  expect(await ask(a)).toBe(first[0]);
  expect(await ask(c)).toBe(third);
  // b was the one: it asks from another place now, and takes that of a, which has been silent longest.
  await ask(b);
  expect(await ask(c)).toBe(third);
});

test('a client whose endpoint has left is led to another with its next datagram', async () => {
  const [one, two] = [await bound(), await bound()];
  for (const [server, name] of [
    [one, 'one'],
    [two, 'two'],
  ] as const)
    server.on('message', (_, { port, address }) => server.send(name, port, address));
  let targets = [{ address: '127.0.0.1', port: one.address().port }];
  const balancer = new Balancer(() => 0, { now: () => 0 });
  const proxy = new UdpProxy(
    { balancer, targets: () => targets, affinityMs: () => 0, allows: () => true },
    '127.0.0.1',
  );
  closing.push(() => proxy.close());
  await proxy.listen(0, '127.0.0.1');
  const client = await bound();
  const ask = (): Promise<string> =>
    new Promise((resolve) => {
      client.once('message', (data) => resolve(String(data)));
      client.send('?', proxy.boundPort, '127.0.0.1');
    });
  expect(await ask()).toBe('one');
  targets = [{ address: '127.0.0.1', port: two.address().port }];
  expect(await ask()).toBe('two');
});

test('a client that is not let in any more sends no more', async () => {
  const server = await bound();
  const seen: string[] = [];
  server.on('message', (data, { port, address }) => {
    seen.push(String(data));
    server.send('yes', port, address);
  });
  let isOpen = true;
  let refused = 0;
  const allows = (): boolean => {
    if (!isOpen) refused++;
    return isOpen;
  };
  const targets = [{ address: '127.0.0.1', port: server.address().port }];
  const balancer = new Balancer(() => 0, { now: () => 0 });
  const proxy = new UdpProxy({ balancer, targets: () => targets, affinityMs: () => 0, allows }, '127.0.0.1');
  closing.push(() => proxy.close());
  await proxy.listen(0, '127.0.0.1');
  const client = await bound();
  const ask = (text: string): Promise<string> =>
    new Promise((resolve) => {
      client.once('message', (data) => resolve(String(data)));
      client.send(text, proxy.boundPort, '127.0.0.1');
    });
  expect(await ask('1')).toBe('yes');
  isOpen = false;
  client.send('2', proxy.boundPort, '127.0.0.1');
  while (refused === 0) await new Promise((turn) => setImmediate(turn));
  isOpen = true;
  expect(await ask('4')).toBe('yes');
  expect(seen).toEqual(['1', '4']);
});
