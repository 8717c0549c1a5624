import { expect, test } from 'vitest';
import { EventCollector } from '../../../src/api/logs/collect-events.ts';
import type { Write } from '../../../src/store/contract.ts';
import type { KnownSource, LogBatch, LogSource } from '../../../src/store/logs/contract.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { MemoryStore } from '../../support/memory-store.ts';
import { create, keyOf } from '../../support/write.ts';

const BOUNDS = { atOnce: 20, waiting: 200 };
const MANY = 1000;

const event = (n: number): Write => {
  const object = {
    metadata: { name: `e${n}`, namespace: 'a' },
    involvedObject: { kind: 'Pod', name: 'p' },
    reason: `${n}`,
  };
  return Object.assign(create(keyOf(`e${n}`, 'a', 'events')), { body: Buffer.from(JSON.stringify(object)) });
};

/** Positions and lines in memory; a write that is not of the position it was read at is refused, as the archive does. */
class Lines {
  readonly sources: KnownSource[] = [];
  readonly reasons: number[] = [];
  register(asked: readonly LogSource[]): Promise<KnownSource[]> {
    return Promise.resolve(
      asked.map((source) => {
        const known = this.sources.find((s) => s.namespace === source.namespace && s.container === source.container);
        if (known) return { ...known };
        const made = { ...source, id: this.sources.length, position: '' };
        this.sources.push(made);
        return { ...made };
      }),
    );
  }
  write(batches: readonly LogBatch[]): Promise<boolean> {
    if (batches.some(({ source, from }) => this.sources[source]?.position !== from)) return Promise.resolve(false);
    for (const { source, until, lines } of batches) {
      const known = this.sources[source];
      if (known) known.position = until;
      for (const { text } of lines) this.reasons.push(Number((JSON.parse(text) as { reason: string }).reason));
    }
    return Promise.resolve(true);
  }
  lead = (): Promise<boolean> => Promise.resolve(true);
}

function collecting(store: MemoryStore, lines: Lines): { clock: FakeClock; collector: EventCollector } {
  const clock = new FakeClock();
  const collector = new EventCollector(
    lines as never,
    store,
    clock,
    (line) => expect.fail(line),
    () => undefined,
    BOUNDS,
  );
  collector.start();
  return { clock, collector };
}

const counted = Array.from({ length: MANY }, (_, n) => n);

test('more events than may wait are collected one time each, from the log and as they come', async () => {
  const store = new MemoryStore();
  const lines = new Lines();
  await store.commit(event(0));
  const first = collecting(store, lines);
  await first.clock.advance(2000);
  await first.collector.close();

  for (let n = 1; n < MANY / 2; n++) await store.commit(event(n));
  const { clock, collector } = collecting(store, lines);
  await clock.advance(5000);
  expect(lines.reasons).toEqual(counted.slice(0, MANY / 2));

  for (let n = MANY / 2; n < MANY; n++) await store.commit(event(n));
  await clock.advance(5000);
  await collector.close();
  expect(lines.reasons).toEqual(counted);
});
