import { expect, test } from 'vitest';
import type { LogEntry } from '../../../src/api/logs/contract.ts';
import { LineExport } from '../../../src/api/logs/export-lines.ts';
import type { LogBatch, LogMark, LogSource } from '../../../src/store/logs/contract.ts';
import { bodyOf } from '../../../src/store/logs/run-body.ts';
import { FakeClock } from '../../support/fake-clock.ts';

/** What a collector takes in one message unless it is told otherwise. */
const MESSAGE_BYTES = 4 * 1024 * 1024;
const SOURCE = {
  kind: 'container',
  node: 'n',
  namespace: 'a',
  pod: 'p',
  uid: 'u',
  container: 'c',
  attempt: 0,
} as const;

/** An archive of runs, one each of these texts. */
function archiveOf(texts: readonly (readonly string[])[]) {
  let position = '[[0,0]]';
  return {
    lead: () => Promise.resolve(true),
    register: (sources: readonly LogSource[]) =>
      Promise.resolve(sources.map((source) => ({ ...source, id: 9, position }))),
    write: ([batch]: readonly LogBatch[]) => {
      position = batch?.until ?? '';
      return Promise.resolve(true);
    },
    sourcesById: () => Promise.resolve([{ ...SOURCE, id: 1, position: '' }]),
    since: (mark: LogMark, limit: number) => {
      const from = mark.get(0) ?? 0;
      const runs = texts.slice(from, from + limit).map((run, n) => ({
        chunk: 0,
        n: from + n,
        source: 1,
        oldest: 0,
        newest: 0,
        body: bodyOf(
          run.map((text) => ({ at: 0, stream: 'o' as const, text })),
          0,
        ),
      }));
      return Promise.resolve({ runs, mark: new Map([[0, from + runs.length]]) });
    },
  };
}

const times = <T>(count: number, value: (n: number) => T): T[] => Array.from({ length: count }, (_, n) => value(n));

test.each([
  ['few', [['a', 'b'], ['c']]],
  ['many short lines', times(40, (run) => times(1000, (n) => `${run} ${n}`))],
  ['long lines, three bytes a letter', times(40, (run) => times(20, (n) => `${run} ${n} ${'ア'.repeat(60_000)}`))],
  ['empty lines', times(3, () => times(5000, () => ''))],
])('%s are sent in their order, no message larger than a collector takes', async (_, texts) => {
  const sent: LogEntry[] = [];
  const clock = new FakeClock();
  const exporter = {
    send: (entries: readonly LogEntry[]) => {
      expect(entries.length).toBeGreaterThan(0);
      // with what is around each line
      expect(entries.reduce((sum, { text }) => sum + Buffer.byteLength(text) + 200, 0)).toBeLessThan(MESSAGE_BYTES);
      sent.push(...entries);
      return Promise.resolve();
    },
    close: () => Promise.resolve(),
  };
  const lines = new LineExport(archiveOf(texts) as never, exporter, clock, (line) => expect.fail(line));
  lines.start();
  await clock.advance(2000);
  await lines.close();
  expect(sent.map(({ text }) => text)).toEqual(texts.flat());
});
