import { expect, it } from 'vitest';
import { SpdyConnection, type SpdyTransport } from '../../../../src/nodes/streams/spdy/spdy-connection.ts';
import type { SpdyStream } from '../../../../src/nodes/streams/spdy/spdy-stream.ts';

const nothing = (): void => undefined;

/** One end of a wire: what is written goes to the other end at once, or waits while that one is paused. */
class End implements SpdyTransport {
  other: End | undefined;
  isPaused = false;
  /** what it says of each write */
  isFree = true;
  readonly written: Buffer[] = [];
  private waiting: Buffer[] = [];
  private heard: (chunk: Buffer) => void = nothing;
  drained = nothing;
  closed = nothing;

  write(data: Buffer): boolean {
    this.written.push(data);
    this.other?.take(data);
    return this.isFree;
  }
  take(data: Buffer): void {
    if (this.isPaused) this.waiting.push(data);
    else this.heard(data);
  }
  end(): void {
    this.other?.closed();
  }
  onData(listener: (chunk: Buffer) => void): void {
    this.heard = listener;
  }
  onDrain(listener: () => void): void {
    this.drained = listener;
  }
  onClose(listener: () => void): void {
    this.closed = listener;
  }
  pause(): void {
    this.isPaused = true;
  }
  resume(): void {
    this.isPaused = false;
    for (const data of this.waiting.splice(0)) this.take(data);
  }
}

function pair() {
  const [near, far] = [new End(), new End()];
  near.other = far;
  far.other = near;
  const [client, server] = [new SpdyConnection(near), new SpdyConnection(far)];
  // a turn later: the connection has read what there was
  const opened = new Promise<SpdyStream>((resolve) =>
    server.once('stream', (stream: SpdyStream) => setImmediate(resolve, stream)),
  );
  return { near, far, client, server, opened };
}

it('reads no more while a stream takes no more, and goes on where it was', async () => {
  const { client, far, opened } = pair();
  const mine = client.connect({ streamtype: 'stdin' });
  const stream = await opened;
  const heard: string[] = [];
  stream.listen((data) => heard.push(data.toString()), nothing);
  mine.write(Buffer.from('a'));
  stream.pause();
  mine.write(Buffer.from('b'));
  expect([heard, far.isPaused]).toEqual([['a'], true]);
  stream.resume();
  expect([heard, far.isPaused]).toEqual([['a', 'b'], false]);
});

it('is read again when the stream that took no more has gone, or the connection', async () => {
  for (const leave of ['aborted', 'close'] as const) {
    const { client, server, far, opened } = pair();
    client.connect({});
    const stream = await opened;
    stream.pause();
    expect(far.isPaused).toBe(true);
    if (leave === 'close') server.close();
    else stream.aborted();
    expect(far.isPaused).toBe(false);
  }
});

it('reads no more of who does not read what he is answered', async () => {
  const { client, far, opened } = pair();
  const mine = client.connect({});
  const stream = await opened;
  stream.listen(nothing, nothing);
  far.isFree = false;
  mine.write(Buffer.from('a'));
  expect(far.isPaused).toBe(true);
  const answered = far.written.length;
  for (let n = 0; n < 1000; n++) mine.write(Buffer.from('b'));
  expect(far.written).toHaveLength(answered);
  far.isFree = true;
  far.drained();
  expect(far.isPaused).toBe(false);
});

it('keeps little for a stream that nobody listens to, and gives it up', async () => {
  const { client, opened } = pair();
  const mine = client.connect({});
  const stream = await opened;
  const ended = new Promise<void>((resolve) => mine.once('close', resolve));
  for (let n = 0; n < 300; n++) mine.write(Buffer.from('a'));
  await ended;
  const heard: Buffer[] = [];
  stream.listen((data) => heard.push(data), nothing);
  expect(heard).toEqual([]);
});

it('hears what was said before the other side closed', async () => {
  const { client, near, far, server } = pair();
  const heard: string[] = [];
  const ended = new Promise<void>((resolve) => {
    server.on('stream', (stream: SpdyStream) => stream.listen((data) => heard.push(data.toString()), nothing));
    server.once('close', resolve);
  });
  // all at once, while the head of the stream is still being read
  client.connect({ streamtype: 'error' }).write(Buffer.from('how it ended'));
  near.other = undefined;
  far.closed();
  await ended;
  expect(heard).toEqual(['how it ended']);
});
