import { mkdtempSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Shipper } from '../../../src/addons/logs/shipper.ts';
import { LogStore } from '../../../src/nodes/logs/log-store.ts';
import { LogWriter } from '../../../src/nodes/logs/log-writer.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { Random } from '../../support/random.ts';
import { the } from '../../support/at.ts';

const POD = { namespace: 'a', name: 'p', uid: 'u' };

/** Keeps positions and lines as the API does: all of a request or nothing. */
class Archive {
  readonly positions = new Map<string, string>();
  readonly lines: string[] = [];
  /** what becomes of the next requests: done, refused, or done and not answered */
  fate: ('done' | 'refused' | 'unanswered')[] = [];
  nobody = false;

  async query(_: string, { batches }: Record<string, unknown>): Promise<unknown> {
    const fate = this.fate.shift() ?? 'done';
    if (fate === 'refused') throw new Error('not now');
    const sent = batches as {
      uid: string;
      container: string;
      attempt: number;
      from: string;
      until: string;
      lines: [number, string, string][];
    }[];
    const keys = sent.map(({ uid, container, attempt }) => `${uid}/${container}/${attempt}`);
    if (this.nobody) return { writeLogs: { written: true, positions: sent.map(() => null) } };
    const written = sent.every(({ from }, i) => from === (this.positions.get(the(keys[i])) ?? ''));
    if (written)
      for (const [i, { until, lines }] of sent.entries()) {
        this.positions.set(the(keys[i]), until);
        for (const [, , text] of lines) this.lines.push(text);
      }
    if (fate === 'unanswered') throw new Error('the connection is lost');
    return { writeLogs: { written, positions: keys.map((key) => this.positions.get(key) ?? '') } };
  }
}

let root: string;
let clock: FakeClock;
let archive: Archive;
let said: string[];
beforeEach(() => {
  root = join(mkdtempSync(join(tmpdir(), 'ku7s-shipper-')), 'logs');
  mkdirSync(root);
  clock = new FakeClock();
  archive = new Archive();
  said = [];
});
afterEach(() => rmSync(dirname(root), { recursive: true, force: true }));

const shipper = (): Shipper =>
  new Shipper(
    { node: 'n', logs: root },
    { query: (document, variables = {}) => archive.query(document, variables) as never },
    clock,
    (message) => void said.push(message),
  );
const store = (): LogStore => new LogStore(root, () => clock.now(), true);
/** Rounds until nothing is sent any more, with time between them. */
async function settle(one: Shipper, rounds = 12): Promise<void> {
  for (let n = 0; n < rounds; n++) {
    await one.round();
    await clock.advance(2500);
  }
}
const writerOf = (attempt = 0, maxBytes = 10 << 20): LogWriter =>
  new LogWriter(
    store().path(POD, 'c', attempt),
    () => clock.now(),
    () => undefined,
    maxBytes,
  );
const numbers = (count: number, from = 0): string[] => Array.from({ length: count }, (_, n) => `line ${from + n}`);

describe('what a container writes', () => {
  test('is sent in order, lines of any length, both streams, and the last without its end', async () => {
    const writer = writerOf();
    const long = 'x'.repeat(40_000);
    writer.write('stdout', Buffer.from(`one\n\n${long}\n`));
    writer.write('stderr', Buffer.from('zwei ä'));
    writer.write('stderr', Buffer.from('ö\n'));
    writer.write('stdout', Buffer.from('unfinished'));
    writer.close();
    await settle(shipper());
    expect(archive.lines).toEqual(['one', '', long, 'zwei äö', 'unfinished']);
  });

  test('is sent over rotations and restarts of the container, and by a shipper that comes after another', async () => {
    let one = shipper();
    const all: string[] = [];
    for (let attempt = 0; attempt < 3; attempt++) {
      const writer = writerOf(attempt, 2000);
      for (let n = 0; n < 10; n++) {
        const some = numbers(8, attempt * 80 + n * 8);
        all.push(...some);
        writer.write('stdout', Buffer.from(some.map((line) => `${line}\n`).join('')));
        await clock.advance(5);
        await settle(one, 1);
        if (n % 4 === 3) one = shipper();
      }
      writer.close();
    }
    await settle(one);
    expect(archive.lines).toEqual(all);
  });

  test('is neither lost nor doubled, whatever becomes of requests, of shippers and of files that are put aside', async () => {
    for (let seed = 1; seed <= 12; seed++) {
      const random = new Random(seed);
      rmSync(root, { recursive: true, force: true });
      rmSync(`${root}-gone`, { recursive: true, force: true });
      mkdirSync(root);
      archive = new Archive();
      let one = shipper();
      const all: string[] = [];
      const writer = writerOf(0, 3000);
      for (let step = 0; step < 60; step++) {
        if (random.chance(0.6)) {
          const some = numbers(1 + random.below(6), all.length);
          all.push(...some);
          writer.write('stdout', Buffer.from(some.map((line) => `${line}\n`).join('')));
        }
        archive.fate = random.list(0, 2, () => random.pick(['done', 'refused', 'unanswered'] as const));
        if (random.chance(0.15)) one = shipper();
        await one.round();
        await clock.advance(random.below(1500));
      }
      writer.close();
      archive.fate = [];
      if (random.chance(0.5)) await store().remove(POD);
      await settle(random.chance(0.5) ? one : shipper());
      expect(archive.lines, `seed ${seed}`).toEqual(all);
    }
  });

  test('is sent where one stream has begun a line and the other goes on for long', async () => {
    const writer = writerOf();
    writer.write('stdout', Buffer.from('.'.repeat(20_000)));
    const all = numbers(10_000);
    writer.write('stderr', Buffer.from(all.map((line) => `${line}\n`).join('')));
    await settle(shipper());
    expect(archive.lines.filter((line) => line.startsWith('line'))).toEqual(all);
    expect(archive.lines.filter((line) => !line.startsWith('line')).join('').length).toBeGreaterThanOrEqual(16_000);
  });

  test('of a pod that is gone is sent, and its files then go', async () => {
    const writer = writerOf();
    writer.write('stdout', Buffer.from('last words\n'));
    writer.close();
    await store().remove(POD);
    archive.fate = ['refused', 'refused'];
    await settle(shipper(), 20);
    expect(archive.lines).toEqual(['last words']);
    expect(readdirSync(`${root}-gone`)).toEqual([]);
    expect(said).toEqual([]);
  });

  test('of a pod of which the API does not know yet is sent when it does', async () => {
    archive.nobody = true;
    writerOf().write('stdout', Buffer.from('early\n'));
    const one = shipper();
    await settle(one);
    expect(archive.lines).toEqual([]);
    archive.nobody = false;
    await settle(one);
    expect(archive.lines).toEqual(['early']);
  });
});

describe('a flood', () => {
  test('is sampled, with a line that says how much is left out', async () => {
    const writer = writerOf();
    const one = shipper();
    const block = Buffer.from(`${'y'.repeat(99)}\n`.repeat(40_000));
    for (let n = 0; n < 30; n++) {
      writer.write('stdout', block);
      for (let k = 0; k < 4; k++) await one.round();
      await clock.advance(250);
    }
    await settle(one, 40);
    const sent = archive.lines.filter((line) => line.startsWith('y')).length * 100;
    expect(sent).toBeLessThan(60 << 20);
    expect(
      archive.lines.filter((line) => /^… at least \d+ bytes of this log were left out/.test(line)).length,
    ).toBeGreaterThan(0);
    // goes on to the end
    writer.write('stdout', Buffer.from('the end\n'));
    await settle(one);
    expect(archive.lines.at(-1)).toBe('the end');
  });

  test('of so many that the node cannot send all of it leaves nobody out', async () => {
    const pods = Array.from({ length: 12 }, (_, n) => `u${n}`);
    for (const uid of pods)
      new LogWriter(
        store().path({ ...POD, uid }, 'c', 0),
        () => clock.now(),
        () => undefined,
      ).write('stdout', Buffer.from(`${`${uid} ${'y'.repeat(90)}`}\n`.repeat(15_000)));
    const one = shipper();
    // no time passes: this is the burst, and then there is nothing
    for (let n = 0; n < 40; n++) await one.round();
    expect([...new Set(archive.lines.map((line) => line.split(' ')[0]))].sort()).toEqual(pods.sort());
  });

  test('of one container keeps nobody else waiting', async () => {
    const flood = writerOf();
    flood.write('stdout', Buffer.from(`${'y'.repeat(99)}\n`.repeat(60_000)));
    const other = new LogWriter(
      store().path({ ...POD, uid: 'v' }, 'c', 0),
      () => clock.now(),
      () => undefined,
    );
    other.write('stdout', Buffer.from('quiet\n'));
    const one = shipper();
    for (let n = 0; n < 4 && !archive.lines.includes('quiet'); n++) await one.round();
    expect(archive.lines).toContain('quiet');
  });
});
