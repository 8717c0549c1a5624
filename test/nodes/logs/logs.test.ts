import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LogStore } from '../../../src/nodes/logs/log-store.ts';
import { LogWriter } from '../../../src/nodes/logs/log-writer.ts';
import { MAX_FILES } from '../../../src/nodes/logs/shift-logs.ts';
import { readLog, type LogOptions } from '../../../src/nodes/logs/read-log.ts';

const pod = { namespace: 'a', name: 'p', uid: 'u' };
let root: string;
let now: number;
let logs: LogStore;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'ku7s-logs-'));
  now = Date.parse('2026-01-01T00:00:00Z');
  logs = new LogStore(root, () => now);
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

async function read(options: LogOptions, path = logs.path(pod, 'c', 0)): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of readLog(logs, path, options, () => false, new AbortController().signal)) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

describe('a log', () => {
  beforeEach(() => {
    const writer = logs.writer(pod, 'c', 0);
    writer.write('stdout', Buffer.from('one\ntw'));
    now += 1000;
    writer.write('stderr', Buffer.from('bad\n'));
    now += 1000;
    writer.write('stdout', Buffer.from('o\nthree'));
    writer.close();
  });

  it.each<[LogOptions, string]>([
    [{}, 'one\nbad\ntwo\nthree'],
    [{ tailLines: 2 }, 'two\nthree'],
    [{ tailLines: 0 }, ''],
    [{ tailLines: 100 }, 'one\nbad\ntwo\nthree'],
    [{ stream: 'Stderr' }, 'bad\n'],
    [{ stream: 'Stdout' }, 'one\ntwo\nthree'],
    [{ sinceTime: Date.parse('2026-01-01T00:00:01Z') }, 'bad\ntwo\nthree'],
    [{ sinceTime: Date.parse('2026-01-01T00:00:02Z'), tailLines: 3 }, 'two\nthree'],
    [{ limitBytes: 5 }, 'one\nb'],
    [{ limitBytes: 4 }, 'one\n'],
    [{ limitBytes: 0 }, ''],
    [{ timestamps: true, tailLines: 1 }, '2026-01-01T00:00:02.000000000Z three'],
  ])('read with %j', async (options, expected) => {
    expect(await read(options)).toBe(expected);
  });

  it('that is not there is empty', async () => {
    expect(await read({}, join(root, 'none.log'))).toBe('');
  });
});

it('a line that is longer than 16 KiB is written in pieces and read as one', async () => {
  const writer = logs.writer(pod, 'c', 0);
  const line = 'x'.repeat(40_000);
  writer.write('stdout', Buffer.from(`${line}\nend\n`));
  writer.close();
  const records = readFileSync(logs.path(pod, 'c', 0), 'utf8')
    .trimEnd()
    .split('\n');
  expect(records.map((record) => record.split(' ')[2])).toEqual(['P', 'P', 'F', 'F']);
  expect(await read({})).toBe(`${line}\nend\n`);
  const stamped = await read({ timestamps: true });
  expect(stamped.match(/2026-/g)).toHaveLength(2);
});

it('a log that is full is rotated, the oldest part dropped, and read across its files', async () => {
  const path = join(root, '0.log');
  const line = (n: number) => `line ${n}`;
  // a record has 44 bytes of its own, so a file takes two of them
  const writer = new LogWriter(
    path,
    () => now,
    () => undefined,
    110,
  );
  for (let n = 1; n <= 14; n++) writer.write('stdout', Buffer.from(`${line(n)}\n`));
  writer.close();
  expect([1, 2, 3, 4, 5].map((n) => existsSync(`${path}.${n}`))).toEqual([true, true, true, true, false]);
  const kept = Array.from({ length: 2 * MAX_FILES }, (_, n) => `${line(5 + n)}\n`);
  expect(await read({}, path)).toBe(kept.join(''));
  expect(await read({ tailLines: 5 }, path)).toBe(kept.slice(-5).join(''));
  expect(await read({ limitBytes: 20 }, path)).toBe(kept.join('').slice(0, 20));
});

it('logs of attempts before the previous one are dropped', async () => {
  for (const attempt of [0, 1, 2]) logs.writer(pod, 'c', attempt).close();
  await logs.dropOlderThan(pod, 'c', 2);
  expect([0, 1, 2].map((attempt) => existsSync(logs.path(pod, 'c', attempt)))).toEqual([false, true, true]);
  await logs.remove(pod);
  expect(existsSync(logs.directory(pod))).toBe(false);
});

it('a log that is followed goes on across rotations until its container ends', async () => {
  const path = logs.path(pod, 'c', 0);
  const writer = logs.writer(pod, 'c', 0);
  let live = true;
  let text = '';
  let heard: () => void = () => undefined;
  const following = (async () => {
    const signal = new AbortController().signal;
    for await (const chunk of readLog(logs, path, { follow: true }, () => live, signal)) {
      text += chunk.toString();
      heard();
    }
  })();
  const until = async (wanted: string): Promise<void> => {
    while (!text.endsWith(wanted)) await new Promise<void>((resolve) => (heard = resolve));
  };
  writer.write('stdout', Buffer.from('one\n'));
  await until('one\n');
  writer.write('stdout', Buffer.from('two\n'));
  await until('two\n');
  live = false;
  writer.close();
  await following;
  expect(text).toBe('one\ntwo\n');
});
