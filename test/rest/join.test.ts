import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { duplexPair, type Duplex } from 'node:stream';
import { expect, it } from 'vitest';
import { StatusError } from '../../src/meta/status.ts';
import { join } from '../../src/rest/streams/join.ts';
import { lastWordOf } from '../../src/rest/streams/last-word.ts';

const NO = 'no'.padEnd(200, '!');
const why = new StatusError({ message: NO, reason: 'Forbidden', code: 403 });
const SAID = JSON.stringify(why.status);
const answer = (headers: IncomingMessage['headers']) => ({ headers }) as IncomingMessage;
const V5 = answer({ upgrade: 'websocket', 'sec-websocket-protocol': 'v5.channel.k8s.io' });
const frame = (payload: Buffer): Buffer => Buffer.concat([Buffer.from([0x82, payload.length]), payload]);
/** Channel 3, two bytes of length as it is longer than 125, and a close with 1000. */
const LAST = Buffer.concat([
  Buffer.from([0x82, 126, (SAID.length + 1) >> 8, (SAID.length + 1) & 0xff, 3]),
  Buffer.from(SAID),
  Buffer.from([0x88, 2, 0x03, 0xe8]),
]);

/** A client and a node at their ends of two connections that are joined in between. */
function joined(subresource: string, by: IncomingMessage) {
  const [client, ours] = duplexPair();
  const [node, theirs] = duplexPair();
  for (const end of [client, ours, node, theirs]) end.on('error', () => undefined);
  const chunks: Buffer[] = [];
  client.on('data', (chunk: Buffer) => chunks.push(chunk));
  const lose = join(ours, theirs, lastWordOf(subresource, by));
  return { client, node, lose, ended: once(client, 'end').then(() => Buffer.concat(chunks)), ours, theirs };
}
const write = (to: Duplex, bytes: Buffer): Promise<void> => new Promise((done) => to.write(bytes, () => done()));
const turn = () => new Promise((resolve) => setImmediate(resolve));

it('the reason stands between two messages of the node', async () => {
  const { node, lose, ended } = joined('exec', V5);
  const [first, second] = [frame(Buffer.from('\x01one')), frame(Buffer.from('\x01two'))];
  await write(node, Buffer.concat([first, second.subarray(0, 3)]));
  await turn();
  lose(why);
  await turn();
  // what is left of the message that has begun, and nothing that comes behind it
  node.write(Buffer.concat([second.subarray(3), frame(Buffer.from('\x01three'))]));
  expect((await ended).toString('latin1')).toBe(Buffer.concat([first, second, LAST]).toString('latin1'));
});

it('nothing of the client reaches the node any more', async () => {
  const { client, node, lose, theirs } = joined('exec', V5);
  let received = '';
  node.on('data', (chunk: Buffer) => (received += chunk.toString()));
  await write(client, Buffer.from('before'));
  await turn();
  lose(why);
  client.write('after');
  if (!theirs.closed) await once(theirs, 'close');
  await turn();
  expect(received).toBe('before');
});

it('a node that does not finish its message is not waited for', async () => {
  const { node, lose, ours } = joined('exec', V5);
  await write(node, Buffer.from([0x82, 10, 1]));
  await turn();
  lose(why);
  await once(ours, 'close');
  expect(ours.destroyed).toBe(true);
});

it('a client that does not read is not waited for', async () => {
  const { client, node, lose, ours, theirs } = joined('exec', V5);
  client.pause();
  node.write(frame(Buffer.alloc(100)));
  for (let i = 0; i < 100; i++) node.write(Buffer.concat([Buffer.from([0x82, 126, 0xff, 0xff]), Buffer.alloc(0xffff)]));
  await turn();
  lose(why);
  for (const end of [ours, theirs]) if (!end.closed) await once(end, 'close');
  expect([ours.destroyed, theirs.destroyed]).toEqual([true, true]);
});

it.each<[string, string, IncomingMessage, Buffer]>([
  ['exec', 'v5', V5, LAST],
  [
    'attach',
    'the first protocol, which says no Status',
    answer({ upgrade: 'websocket', 'sec-websocket-protocol': 'channel.k8s.io' }),
    Buffer.concat([Buffer.from([0x82, 126, 0, NO.length + 1, 3]), Buffer.from(NO), Buffer.from([0x88, 2, 0x03, 0xe8])]),
  ],
  [
    'exec',
    'base64',
    answer({ upgrade: 'WebSocket', 'sec-websocket-protocol': 'base64.channel.k8s.io' }),
    Buffer.concat([
      Buffer.from([0x81, 126, 1, 0x0d]),
      Buffer.from(`3${Buffer.from(NO).toString('base64')}`),
      Buffer.from([0x88, 2, 0x03, 0xe8]),
    ]),
  ],
  [
    'exec',
    'SPDY',
    answer({ upgrade: 'SPDY/3.1', 'x-stream-protocol-version': 'v4.channel.k8s.io' }),
    Buffer.concat([Buffer.from([0, 0, 0, 1, 1, 0, SAID.length >> 8, SAID.length & 0xff]), Buffer.from(SAID)]),
  ],
  [
    'exec',
    'SPDY without a version',
    answer({ upgrade: 'SPDY/3.1' }),
    Buffer.concat([Buffer.from([0, 0, 0, 1, 1, 0, 0, NO.length]), Buffer.from(NO)]),
  ],
  ['exec', 'a protocol of others', answer({ upgrade: 'mine/1' }), Buffer.alloc(0)],
  ['portforward', 'SPDY', answer({ upgrade: 'SPDY/3.1' }), Buffer.alloc(0)],
  ['proxy', 'a web socket', answer({ upgrade: 'websocket' }), Buffer.alloc(0)],
])('%s, %s', async (subresource, _, by, said) => {
  const { lose, ended } = joined(subresource, by);
  lose(why);
  expect((await ended).toString('latin1')).toBe(said.toString('latin1'));
});
