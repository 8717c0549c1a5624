import { describe, expect, it, vi } from 'vitest';
import type { WatchEvent } from '../../src/api/contract.ts';
import { nextTurn } from '../../src/api/fairness/turns.ts';
import { createRegistry } from '../../src/kinds/registry.ts';
import { StatusError } from '../../src/meta/status.ts';
import { metadataSlice } from '../../src/rest/encoding/metadata-slice.ts';
import { Framer } from '../../src/rest/watching/frames.ts';
import { Shares } from '../../src/rest/watching/shares.ts';
import { MAX_WAITING, Watcher, type WatchOutput } from '../../src/rest/watching/watcher.ts';
import { the } from '../support/at.ts';
import { turnsOf } from '../support/turns.ts';

const kind = createRegistry().byResource('', 'v1', 'configmaps')!;
const event = (name: string, size = 0): WatchEvent => {
  const object = {
    metadata: { resourceVersion: '7', name, uid: 'u', creationTimestamp: 't' },
    data: { a: 'x'.repeat(size) },
  };
  const stored = {
    revision: 7,
    name,
    bytes: Buffer.from(JSON.stringify(object)),
    object,
    encoded: (_: string, make: () => Buffer) => make(),
  };
  return { type: 'ADDED', stored: stored as never };
};

class FakeOutput implements WatchOutput {
  readonly writes: string[] = [];
  full = false;
  state: 'open' | 'ended' | 'cut' = 'open';
  private drain: (() => void) | undefined;
  sent = 0;
  more = false;
  write(frames: Buffer[][], more: boolean): void {
    const bytes = Buffer.concat(frames.flat());
    this.sent += bytes.length;
    this.more = more;
    this.writes.push(bytes.toString());
  }
  pending = (): number => (this.full ? 1e9 : 0);
  onDrain(callback: () => void): void {
    this.drain = callback;
  }
  end = (): void => void (this.state = 'ended');
  cut = (): void => void (this.state = 'cut');
  flow(): void {
    this.full = false;
    this.drain?.();
  }
}

const framerOf = (): Framer => new Framer(kind, { format: 'json', pretty: false }, 'Metadata', () => 0);

function start(output: FakeOutput, framer = framerOf(), share = new Shares().of('u')) {
  const closed: string[] = [];
  const watcher = new Watcher(framer, output, share, {
    statusOf: (error) => error as StatusError,
    onClose: (reason) => closed.push(reason),
    onSent: () => undefined,
  });
  watcher.live();
  return { watcher, closed };
}
/** Until what has begun in this turn of the loop has had its own. */
const turn = async (): Promise<void> => {
  await new Promise((resolve) => setImmediate(resolve));
  await nextTurn();
};

describe('watcher', () => {
  it('writes what came in one turn at once, one line an event', async () => {
    const output = new FakeOutput();
    const { watcher } = start(output);
    watcher.onEvents([event('a'), event('b')]);
    watcher.onBookmark(9, true);
    await turn();
    expect(output.writes).toHaveLength(1);
    const [a, b, mark] = the(output.writes[0])
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect([a.type, a.object.kind, a.object.metadata.name, b.object.metadata.name]).toEqual([
      'ADDED',
      'ConfigMap',
      'a',
      'b',
    ]);
    expect(mark).toEqual({
      type: 'BOOKMARK',
      object: {
        kind: 'ConfigMap',
        apiVersion: 'v1',
        metadata: { resourceVersion: '9', annotations: { 'k8s.io/initial-events-end': 'true' } },
      },
    });
  });

  it('waits while the client does not read, and keeps the order', async () => {
    const output = new FakeOutput();
    output.full = true;
    const { watcher } = start(output);
    watcher.onEvents([event('a')]);
    await turn();
    watcher.onEvents([event('b')]);
    await turn();
    expect(output.writes).toEqual([]);
    output.flow();
    expect(
      output.writes
        .join('')
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line).object.metadata.name),
    ).toEqual(['a', 'b']);
  });

  it('is cut when more waits than its bound', async () => {
    const output = new FakeOutput();
    output.full = true;
    const { watcher, closed } = start(output);
    const size = 1024 * 1024;
    for (let i = 0; i <= MAX_WAITING / size; i++) watcher.onEvents([event(`e${i}`, size)]);
    expect(output.state).toBe('cut');
    expect(closed).toEqual(['slow']);
  });

  it('does not count the initial state against the bound', async () => {
    const output = new FakeOutput();
    output.full = true;
    const watcher = new Watcher(
      new Framer(kind, { format: 'json', pretty: false }, 'Metadata', () => 0),
      output,
      new Shares().of('u'),
      {
        statusOf: (error) => error as StatusError,
        onClose: () => undefined,
        onSent: () => undefined,
      },
    );
    watcher.onEvents(Array.from({ length: 12 }, (_, i) => event(`e${i}`, 1024 * 1024)));
    watcher.live();
    watcher.onEvents([event('last')]);
    expect(output.state).toBe('open');
    output.flow();
    while (output.writes.join('').split('\n').length <= 13) await turn();
    expect(output.writes.length).toBeGreaterThan(5);
  });

  it('shares a turn of the loop with all others that have something to write', async () => {
    // the clock may not go back within a turn
    await turn();
    let now = 0;
    const clock = vi.spyOn(performance, 'now').mockImplementation(() => now);
    // of which each event takes a millisecond
    const slow = framerOf();
    const frame = slow.event.bind(slow);
    slow.event = (one) => (now++, frame(one));
    const events = Array.from({ length: 20 }, (_, i) => event(`e${i}`));
    const outputs = Array.from({ length: 20 }, () => new FakeOutput());
    const written = (): number => outputs.reduce((sum, { writes }) => sum + writes.join('').split('\n').length - 1, 0);
    const turns = await turnsOf(
      () => now,
      async () => {
        for (const output of outputs) start(output, slow).watcher.onEvents(events);
        while (written() < 400) await turn();
      },
    );
    clock.mockRestore();
    expect(turns.reduce((a, b) => a + b)).toBe(400);
    expect(Math.max(...turns)).toBeLessThanOrEqual(7);
  });

  it('writes a large frame in parts of its share, which together are what it was', async () => {
    const output = new FakeOutput();
    const { watcher } = start(output);
    const large = event('large', 1024 * 1024);
    watcher.onInitial([large.stored, event('small').stored]);
    while (!output.writes.at(-1)?.endsWith('\n') || !output.writes.join('').includes('small')) await turn();
    expect(output.writes.length).toBeGreaterThan(4);
    expect(Math.max(...output.writes.map(({ length }) => length))).toBeLessThanOrEqual(512 * 1024);
    const [first, second] = output.writes.join('').trimEnd().split('\n');
    expect(JSON.parse(the(first)).object.data).toEqual(large.stored.object.data);
    expect(JSON.parse(the(second)).object.metadata.name).toBe('small');
    // all that it had said was to come has come
    expect(output.more).toBe(false);
  });

  it('makes a frame whole that has begun before it ends with a 403', async () => {
    const output = new FakeOutput();
    const { watcher } = start(output);
    watcher.onEvents([event('large', 1024 * 1024), event('secret')]);
    while (output.writes.length === 0) await turn();
    output.full = true;
    expect(output.more).toBe(true);
    watcher.onEnd(new StatusError({ message: 'no', reason: 'Forbidden', code: 403 }));
    const lines = output.writes.join('').trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line).type)).toEqual(['ADDED', 'ERROR']);
  });

  it('of one user is given the less, the more of them wait, and all of them together little', async () => {
    const shares = new Shares();
    const events = Array.from({ length: 40 }, (_, i) => event(`e${i}`, 100 * 1024));
    const outputs = Array.from({ length: 1000 }, () => new FakeOutput());
    for (const output of outputs) {
      // nobody takes what is sent
      output.pending = () => output.sent;
      start(output, framerOf(), shares.of('many')).watcher.onInitial(events.map(({ stored }) => stored));
    }
    while (outputs.some(({ sent }) => sent === 0)) await turn();
    await turn();
    expect(outputs.reduce((sum, { sent }) => sum + sent, 0)).toBeLessThan(128 * 1024 * 1024);
    const alone = new FakeOutput();
    start(alone, framerOf(), shares.of('one')).watcher.onInitial(events.map(({ stored }) => stored));
    while (alone.sent < 256 * 1024) await turn();
    // those who are read go on at the pace of their clients, whoever else is not
    const read = the(outputs[0]);
    read.pending = () => 0;
    read.flow();
    while (read.writes.join('').split('\n').length <= 40) await turn();
    expect(read.state).toBe('open');
  });

  it('has few large frames at once that are made for one watch alone, and each comes to its turn', async () => {
    const shares = new Shares();
    const made = vi.fn<() => void>();
    const outputs = Array.from({ length: 60 }, () => new FakeOutput());
    for (const output of outputs) {
      output.pending = () => output.sent;
      const framer = new Framer(kind, { format: 'yaml', pretty: false }, 'Metadata', () => 0);
      const frame = framer.event.bind(framer);
      framer.event = (one) => (made(), frame(one));
      start(output, framer, shares.of('u')).watcher.onInitial([event('large', 1024 * 1024).stored]);
    }
    while (made.mock.calls.length < 16) await turn();
    for (let i = 0; i < 20; i++) await turn();
    expect(made.mock.calls.length).toBeLessThan(20);
    const all = new Set(outputs);
    while (all.size) {
      for (const output of all) {
        output.pending = () => 0;
        output.flow();
        if (output.sent > 1024 * 1024) all.delete(output);
      }
      await turn();
    }
    expect(made).toHaveBeenCalledTimes(60);
  });

  it('ends with the error after all events', async () => {
    const output = new FakeOutput();
    const { watcher } = start(output);
    watcher.onEvents([event('a')]);
    watcher.onEnd(new StatusError({ message: 'too old', reason: 'Expired', code: 410 }));
    await turn();
    const last = JSON.parse(output.writes.join('').trimEnd().split('\n').at(-1)!);
    expect(last).toMatchObject({ type: 'ERROR', object: { kind: 'Status', code: 410 } });
    expect(output.state).toBe('ended');
  });
});

describe('metadataSlice', () => {
  it('finds the end of metadata whatever strings hold', () => {
    const metadata = { name: 'a', annotations: { odd: '"}{\\', 'k{': '}' } };
    const bytes = Buffer.from(JSON.stringify({ metadata, spec: { metadata: {} } }));
    expect(JSON.parse(metadataSlice(bytes).toString())).toEqual(metadata);
  });

  it.each([
    ['401', 'Unauthorized', 401],
    ['403', 'Forbidden', 403],
  ])('sends nothing but a %s after it, whatever waits and however slow the client is', async (_, reason, code) => {
    const output = new FakeOutput();
    output.full = true;
    const { watcher, closed } = start(output);
    watcher.onEvents([event('secret')]);
    await turn();
    watcher.onEnd(new StatusError({ message: 'no', reason, code }));
    watcher.onEvents([event('later')]);
    const [line, ...more] = output.writes.join('').trimEnd().split('\n');
    expect(JSON.parse(the(line))).toMatchObject({ type: 'ERROR', object: { kind: 'Status', reason, code } });
    expect([more, output.state, closed]).toEqual([[], 'ended', ['end']]);
    output.flow();
    await turn();
    expect(output.writes).toHaveLength(1);
  });

  it('cuts who does not take the end', async () => {
    const output = new FakeOutput();
    const { watcher } = start(output);
    watcher.onEnd(new StatusError({ message: 'no', reason: 'Forbidden', code: 403 }));
    while (output.state !== 'cut') await turn();
  });
});
