import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Batches } from '../../../src/api/audit/batches.ts';
import { HEAD } from '../../../src/api/audit/event.ts';
import { RotatingFile, type RotationOptions } from '../../../src/api/audit/rotating-file.ts';
import { Webhook, type WebhookOptions } from '../../../src/api/audit/webhook.ts';
import { FakeClock, flush } from '../../support/fake-clock.ts';

describe('batches of events', () => {
  const open = (write: (lines: string) => Promise<void>) => {
    const clock = new FakeClock();
    const lost: [string, number][] = [];
    const reports: string[] = [];
    const batches = new Batches({
      clock,
      write: (lines) => write(lines.toString()),
      lost: (plugin, events) => lost.push([plugin, events]),
      report: (line) => reports.push(line),
    });
    return { batches, clock, lost, reports };
  };

  it('are one write for all that came within half a second', async () => {
    const writes: string[] = [];
    const { batches, clock } = open(async (lines) => void writes.push(lines));
    batches.push('a');
    batches.push('b');
    await clock.advance(499);
    expect(writes).toEqual([]);
    await clock.advance(1);
    expect(writes).toEqual(['a\nb\n']);
    batches.push('c');
    await clock.advance(500);
    expect(writes).toEqual(['a\nb\n', 'c\n']);
  });

  it('are written at once when they are large, in writes of a bounded size', async () => {
    const writes: string[] = [];
    const { batches, clock } = open(async (lines) => void writes.push(lines));
    const event = 'x'.repeat(10_000);
    for (let i = 0; i < 90; i++) batches.push(event);
    await flush();
    expect(writes.join('').length).toBeGreaterThan(500_000);
    await clock.advance(500);
    expect(writes.join('')).toBe(`${event}\n`.repeat(90));
    expect(Math.max(...writes.map((w) => w.length))).toBeLessThan(600_000);
  });

  it('are not written one by one when they come during a write', async () => {
    const writes: string[] = [];
    let free: () => void = () => undefined;
    const { batches, clock } = open(async (lines) => {
      writes.push(lines);
      await new Promise<void>((resolve) => (free = resolve));
    });
    batches.push('a');
    await clock.advance(500);
    for (const event of ['b', 'c']) {
      batches.push(event);
      free();
      await flush();
    }
    expect(writes).toEqual(['a\n']);
    await clock.advance(500);
    expect(writes).toEqual(['a\n', 'b\nc\n']);
  });

  it('fill their writes, whichever sizes follow one another', async () => {
    const writes: string[] = [];
    const { batches, clock } = open(async (lines) => void writes.push(lines));
    const pair = ['x'.repeat(40_000), 'y'];
    for (let i = 0; i < 12; i++) for (const event of pair) batches.push(event);
    await clock.advance(500);
    expect(writes.join('')).toBe(`${pair.join('\n')}\n`.repeat(12));
    expect(writes).toHaveLength(2);
  });

  it('that are larger than a write are one of their own', async () => {
    const writes: string[] = [];
    const { batches, clock } = open(async (lines) => void writes.push(lines));
    const large = '漢'.repeat(200_000);
    for (const event of ['a', large, 'b', large]) batches.push(event);
    await clock.advance(500);
    expect(writes).toEqual(['a\n', `${large}\n`, 'b\n', `${large}\n`]);
  });

  it('are whole and in order, whatever they are made of, while others are written', async () => {
    const pieces = fc.constantFrom('a', 'é', '漢', '😀', '\ud800', '"\\n"');
    const event = fc.tuple(fc.array(pieces, { maxLength: 9 }), fc.constantFrom(1, 700, 4000, 40_000));
    await fc.assert(
      fc.asyncProperty(fc.array(event, { maxLength: 40 }), fc.scheduler(), async (events, scheduler) => {
        const written: Buffer[] = [];
        const { batches, clock } = open(async (lines) => {
          await scheduler.schedule(Promise.resolve());
          written.push(Buffer.from(lines));
        });
        const texts = events.map(([some, times]) => some.join('').repeat(times));
        for (const [i, text] of texts.entries()) {
          batches.push(text);
          if (i % 7 === 6) await clock.advance(500);
          if (i % 5 === 4 && scheduler.count()) await scheduler.waitOne();
        }
        const closed = batches.close();
        await scheduler.waitFor(closed);
        expect(written.join('')).toBe(texts.map((text) => `${Buffer.from(text).toString()}\n`).join(''));
      }),
      { numRuns: 30 },
    );
  });

  it('keep a bounded number waiting for a slow disk, and count the others', async () => {
    let free: () => void = () => undefined;
    let written = 0;
    const { batches, lost } = open(async (lines) => {
      written += lines.split('\n').length - 1;
      await new Promise<void>((resolve) => (free = resolve));
    });
    const event = 'x'.repeat(1_000_000);
    for (let i = 0; i < 30; i++) batches.push(event);
    await flush();
    expect(lost.length).toBeGreaterThan(10);
    expect(new Set(lost.map(([plugin]) => plugin))).toEqual(new Set(['buffered']));
    const closed = batches.close();
    for (let i = 0; i < 30; i++) {
      free();
      await flush();
    }
    await closed;
    expect(written).toBe(30 - lost.length);
  });

  it('that cannot be written are counted, which is said once, and later ones are tried', async () => {
    let broken = true;
    const writes: string[] = [];
    const { batches, clock, lost, reports } = open(async (lines) => {
      if (broken) throw new Error('ENOSPC: no space left on device');
      writes.push(lines);
    });
    for (const event of ['a', 'b']) {
      batches.push(event);
      await clock.advance(500);
    }
    expect(lost).toEqual([
      ['log', 1],
      ['log', 1],
    ]);
    expect(reports).toEqual(['audit: events are lost: ENOSPC: no space left on device']);
    broken = false;
    batches.push('c');
    await batches.close();
    expect(writes).toEqual(['c\n']);
  });

  it('that wait are written when it is closed', async () => {
    const writes: string[] = [];
    const { batches } = open(async (lines) => void writes.push(lines));
    batches.push('a');
    await batches.close();
    expect(writes).toEqual(['a\n']);
  });
});

describe('a file that rotates', () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(path.join(os.tmpdir(), 'ku7s-audit-'))));
  afterEach(() => rmSync(folder, { recursive: true }));

  let now = Date.parse('2026-01-02T03:04:05.006Z');
  const DAY = 24 * 3600_000;
  const openFile = async (options: Partial<RotationOptions> = {}): Promise<RotatingFile> => {
    const file = new RotatingFile({
      file: path.join(folder, 'log/audit.log'),
      maxSize: 100,
      maxAge: 0,
      maxBackups: 0,
      compress: false,
      now: () => now,
      report: (line) => expect.unreachable(line),
      ...options,
    });
    await file.open();
    return file;
  };
  const names = (): string[] => readdirSync(path.join(folder, 'log')).sort();
  const read = (name: string): string => readFileSync(path.join(folder, 'log', name), 'utf8');
  const line = (letter: string): string => `${letter.repeat(59)}\n`;
  const write = (file: RotatingFile, lines: string): Promise<void> => file.write(Buffer.from(lines));

  it('is put aside under the time of that when the next line would make it too large', async () => {
    const file = await openFile();
    await write(file, line('a'));
    await write(file, line('b'));
    now += 1000;
    await write(file, line('c'));
    await file.close();
    expect(names()).toEqual(['audit-2026-01-02T03-04-05.006.log', 'audit-2026-01-02T03-04-06.006.log', 'audit.log']);
    expect(names().map(read)).toEqual([line('a'), line('b'), line('c')]);
  });

  it('keeps both that are put aside within a millisecond', async () => {
    const file = await openFile();
    for (const letter of 'abc') await write(file, line(letter));
    await file.close();
    expect(names().map(read)).toEqual([line('a'), line('b'), line('c')]);
  });

  it('goes on where it was, and is for its owner alone, as its folder is', async () => {
    await (await openFile()).close();
    const file = await openFile();
    await write(file, 'one\n');
    await file.close();
    const again = await openFile();
    await write(again, 'two\n');
    await again.close();
    expect(read('audit.log')).toBe('one\ntwo\n');
    expect(statSync(path.join(folder, 'log/audit.log')).mode & 0o777).toBe(0o600);
    expect(statSync(path.join(folder, 'log')).mode & 0o777).toBe(0o700);
  });

  it('keeps so many old files, and no stranger is removed', async () => {
    const file = await openFile({ maxBackups: 2 });
    for (const name of ['audit-notes.log', 'other-2020-01-01T00-00-00.000.log', 'audit-2020-01-01T00-00-00.000.txt'])
      writeFileSync(path.join(folder, 'log', name), 'mine');
    for (const letter of 'abcde') {
      now += 1000;
      await write(file, line(letter));
    }
    await file.close();
    expect(names().filter((name) => name.startsWith('audit-2026'))).toHaveLength(2);
    expect(read('audit.log')).toBe(line('e'));
    expect(names()).toContain('audit-notes.log');
    expect(names()).toContain('other-2020-01-01T00-00-00.000.log');
    expect(names()).toContain('audit-2020-01-01T00-00-00.000.txt');
  });

  it('removes those that are too old', async () => {
    const file = await openFile({ maxAge: 2 * DAY });
    await write(file, line('a'));
    await write(file, line('b'));
    now += 3 * DAY;
    await write(file, line('c'));
    await file.close();
    expect(names().map(read)).toEqual([line('b'), line('c')]);
  });

  it('compresses those that it keeps', async () => {
    const file = await openFile({ compress: true });
    await write(file, line('a'));
    await write(file, line('b'));
    await file.close();
    const [old = ''] = names();
    expect(names()).toHaveLength(2);
    expect(old).toMatch(/\.log\.gz$/);
    expect(gunzipSync(readFileSync(path.join(folder, 'log', old))).toString()).toBe(line('a'));
    expect(statSync(path.join(folder, 'log', old)).mode & 0o777).toBe(0o600);
  });

  it('cannot be opened where a folder cannot be made', async () => {
    writeFileSync(path.join(folder, 'log'), 'a file');
    await expect(openFile()).rejects.toThrow(/ENOTDIR|EEXIST/);
  });
});

describe('a webhook', () => {
  let server: Server;
  let bodies: { items: { auditID: string }[]; kind: string; apiVersion: string; metadata: object }[] = [];
  let answer = 200;
  beforeEach(async () => {
    bodies = [];
    answer = 200;
    server = createServer((req, res) => {
      const chunks: Buffer[] = [];
      req.on('data', (chunk: Buffer) => chunks.push(chunk));
      req.on('end', () => {
        if (answer === 200) bodies.push(JSON.parse(Buffer.concat(chunks).toString()));
        res.writeHead(answer).end();
        server.emit('answered');
      });
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  const open = (options: Partial<WebhookOptions> = {}) => {
    const clock = new FakeClock();
    const lost: [string, number][] = [];
    const reports: string[] = [];
    const { port } = server.address() as AddressInfo;
    const webhook = new Webhook({
      endpoint: { server: `http://127.0.0.1:${port}/audit`, insecure: false },
      bufferSize: 10,
      maxBatchSize: 3,
      maxBatchWait: 30_000,
      initialBackoff: 10_000,
      clock,
      random: () => 0,
      lost: (plugin, events) => lost.push([plugin, events]),
      report: (line) => reports.push(line),
      ...options,
    });
    return { webhook, clock, lost, reports };
  };
  const event = (id: string): string => `${HEAD}"auditID":"${id}"}`;
  const ids = (): string[][] => bodies.map(({ items }) => items.map(({ auditID }) => auditID));

  it('is sent a list when there are enough for one', async () => {
    const { webhook } = open();
    const answered = once(server, 'answered');
    for (const id of 'abcd') webhook.push(event(id));
    await answered;
    expect(bodies[0]).toEqual({
      kind: 'EventList',
      apiVersion: 'audit.k8s.io/v1',
      metadata: {},
      items: [{ auditID: 'a' }, { auditID: 'b' }, { auditID: 'c' }],
    });
    await webhook.close();
    expect(ids()).toEqual([['a', 'b', 'c'], ['d']]);
  });

  it('is sent what there is when it has waited long enough', async () => {
    const { webhook, clock } = open();
    webhook.push(event('a'));
    const answered = once(server, 'answered');
    await clock.advance(30_000);
    await answered;
    expect(ids()).toEqual([['a']]);
    await webhook.close();
  });

  it('is sent the same list again, later each time, and what never arrives is counted', async () => {
    let waits = 0;
    const { webhook, clock, lost, reports } = open({ random: () => waits++ * 0 });
    answer = 500;
    for (const [i, wait] of [0, 10_000, 15_000, 22_500, 33_750].entries()) {
      const answered = once(server, 'answered');
      if (i === 0) for (const id of 'abc') webhook.push(event(id));
      else await clock.advance(wait);
      await answered;
      // the answer is read in its own time
      if (i < 4) await expect.poll(() => waits).toBe(i + 1);
    }
    await expect.poll(() => lost).toEqual([['webhook', 3]]);
    expect(reports).toEqual(['audit: the webhook fails: it answers 500']);
    answer = 200;
    webhook.push(event('d'));
    await webhook.close();
    expect(ids()).toEqual([['d']]);
  });

  it('has a buffer of a bounded size, beyond which events are dropped and counted', async () => {
    const { webhook, lost } = open({ bufferSize: 5, maxBatchSize: 100 });
    for (const id of 'abcdefg') webhook.push(event(id));
    expect(lost).toEqual([
      ['buffered', 1],
      ['buffered', 1],
    ]);
    await webhook.close();
    expect(ids()).toEqual([['a', 'b', 'c', 'd', 'e']]);
  });

  it('that does not answer keeps nobody from stopping', async () => {
    const { webhook, clock, lost } = open();
    server.removeAllListeners('request');
    const asked = once(server, 'request');
    for (const id of 'abc') webhook.push(event(id));
    await asked;
    const closed = webhook.close();
    await clock.advance(3_000);
    await closed;
    expect(lost).toEqual([['webhook', 3]]);
  });
});
