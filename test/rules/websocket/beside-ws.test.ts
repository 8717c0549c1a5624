import type { Writable } from 'node:stream';
import { Receiver, Sender } from 'ws';
import { expect, it } from 'vitest';
import { FINAL, frameOf, MASKED, masking, OP } from '../../../src/rules/websocket/frame.ts';
import { MessageReader, WebSocketError } from '../../../src/rules/websocket/message-reader.ts';
import { Random } from '../../support/random.ts';

/** What reads and writes frames: its types leave it out. */
declare module 'ws' {
  export const Receiver: new (options: object) => Writable;
  export const Sender: { frame(data: Buffer, options: object): Buffer[] };
}
const MAX_MESSAGE = 4 * 1024 * 1024;

/** What one end is told until it closes, or what it closes the connection with. */
type Told = string[];

/** @param masked what is read comes of a client */
function ours(chunks: readonly Buffer[], masked: boolean): Told {
  const reader = new MessageReader(masked);
  const told: Told = [];
  try {
    for (const chunk of chunks)
      for (const { op, data } of reader.read(chunk)) {
        told.push(op === OP.close ? 'close' : `${op} ${data.toString('hex')}`);
        if (op === OP.close) return told;
      }
  } catch (error) {
    if (!(error instanceof WebSocketError)) throw error;
    told.push(`refused ${error.code}`);
  }
  return told;
}

function theirs(chunks: readonly Buffer[], masked: boolean): Promise<Told> {
  const told: Told = [];
  const receiver = new Receiver({ isServer: masked, maxPayload: MAX_MESSAGE, skipUTF8Validation: true });
  return new Promise((resolve) => {
    const hear = (op: number, data: Buffer): void => void told.push(`${op} ${data.toString('hex')}`);
    receiver.on('message', (data: Buffer, isBinary: boolean) => hear(isBinary ? OP.binary : OP.text, data));
    receiver.on('ping', (data: Buffer) => hear(OP.ping, data));
    receiver.on('pong', (data: Buffer) => hear(OP.pong, data));
    receiver.on('conclude', () => {
      told.push('close');
      resolve(told);
    });
    const refused = (error: Error): void => {
      const [code] = Object.getOwnPropertySymbols(error).map((symbol): unknown => Reflect.get(error, symbol));
      resolve([...told, `refused ${String(code)}`]);
    };
    receiver.on('error', refused);
    for (const chunk of chunks) receiver.write(chunk);
    receiver.end((error?: Error | null) => (error ? refused(error) : resolve(told)));
  });
}

const MOST_CHUNKS = 20_000;
const chunksOf = (bytes: Buffer, random: Random): Buffer[] => {
  const most = random.pick([1, 3, 20, 1000, 100_000].filter((size) => bytes.length / size < MOST_CHUNKS));
  const chunks: Buffer[] = [];
  for (let at = 0; at < bytes.length;) {
    const end = at + 1 + random.below(most);
    chunks.push(Buffer.from(bytes.subarray(at, end)));
    at = end;
  }
  return chunks;
};

/** A frame with any first byte, whose length may be said in more bytes than it needs, and which may lack its mask or have one too many. */
function anyFrame(random: Random, masked: boolean, inMessage: boolean): Buffer {
  const isStrange = random.chance(0.02);
  const control = random.chance(0.3);
  const data = Buffer.alloc(random.pick([0, 1, 5, 125, control && !isStrange ? 3 : 126, control ? 4 : 300]), 'abc');
  const op = control
    ? random.pick([OP.ping, OP.pong])
    : inMessage
      ? OP.continuation
      : random.pick([OP.text, OP.binary]);
  const first = isStrange
    ? random.below(256)
    : random.chance(0.02)
      ? FINAL | OP.close
      : control || random.chance(0.5)
        ? FINAL | op
        : op;
  const payload = (first & 0x0f) === OP.close ? random.pick([Buffer.alloc(0), Buffer.from([3, 0xe8, 0x62])]) : data;
  const isMasked = random.chance(0.01) ? !masked : masked;
  const short = payload.length < 126 && !(isStrange && random.chance(0.3));
  const length = short ? [payload.length] : [126, payload.length >> 8, payload.length & 0xff];
  const head = Buffer.from([first, (isMasked ? MASKED : 0) | (length[0] ?? 0), ...length.slice(1)]);
  const mask = Buffer.from(random.list(4, 4, () => random.below(256)));
  return Buffer.concat(isMasked ? [head, mask, masking(payload, mask)] : [head, payload]);
}

function conversation(random: Random, masked: boolean): Buffer {
  let inMessage = false;
  const frames = random.list(1, 40, () => {
    const frame = anyFrame(random, masked, inMessage);
    const [first = 0] = frame;
    if ((first & 0x0f) <= OP.binary) inMessage = (first & FINAL) === 0;
    return frame;
  });
  const all = Buffer.concat(frames);
  return random.chance(0.1) ? all.subarray(0, random.below(all.length)) : all;
}

it.each([true, false])('hears of any bytes what ws hears, and refuses what it refuses: masked %s', async (masked) => {
  const ends = new Set<string>();
  for (let seed = 1; seed <= 300; seed++) {
    const random = new Random(seed);
    const chunks = chunksOf(conversation(random, masked), random);
    const told = ours(chunks, masked);
    expect(told, `seed ${seed}`).toEqual(await theirs(chunks, masked));
    ends.add((told.at(-1) ?? '').replace(/^\d+ .*/, 'a message'));
  }
  // what was tried is not all of one kind
  expect([...ends].sort()).toEqual(expect.arrayContaining(['a message', 'close', 'refused 1002']));
});

it.each([true, false])('is understood by ws, and understands it: masked %s', async (masked) => {
  const random = new Random(5);
  for (const length of [0, 1, 125, 126, 127, 65_535, 65_536, 70_000, MAX_MESSAGE, MAX_MESSAGE + 1]) {
    const data = Buffer.alloc(length, 'abc');
    const written = Buffer.concat(frameOf(OP.binary, data, masked));
    const sent = Buffer.concat(
      Sender.frame(data, { fin: true, opcode: OP.binary, mask: masked, readOnly: true, rsv1: false }),
    );
    const expected = [length > MAX_MESSAGE ? 'refused 1009' : `2 ${data.toString('hex')}`];
    expect((await theirs(chunksOf(written, random), masked)).join() === expected.join(), `we say ${length}`).toBe(true);
    expect(ours(chunksOf(sent, random), masked).join() === expected.join(), `ws says ${length}`).toBe(true);
  }
});
