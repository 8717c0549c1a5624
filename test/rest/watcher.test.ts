import { describe, expect, it, vi } from 'vitest';
import type { WatchEvent } from '../../src/api/contract.ts';
import { nextTurn } from '../../src/api/fairness/turns.ts';
import { createRegistry } from '../../src/kinds/registry.ts';
import { StatusError } from '../../src/meta/status.ts';
import { metadataSlice } from '../../src/rest/encoding/metadata-slice.ts';
import { Framer } from '../../src/rest/watching/frames.ts';
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
  write(frames: Buffer[][]): void {
    this.writes.push(Buffer.concat(frames.flat()).toString());
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

function start(output: FakeOutput, framer = framerOf()) {
  const closed: string[] = [];
  const watcher = new Watcher(framer, output, {
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
    const watcher = new Watcher(new Framer(kind, { format: 'json', pretty: false }, 'Metadata', () => 0), output, {
      statusOf: (error) => error as StatusError,
      onClose: () => undefined,
      onSent: () => undefined,
    });
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
