import { expect, test } from 'vitest';
import { auditLines } from '../../../src/api/logs/audit-lines.ts';
import type { LogBatch, LogLine } from '../../../src/store/logs/contract.ts';

const MINUTE = 60_000_000;

async function kept(...events: readonly string[]): Promise<readonly LogLine[]> {
  const written: LogBatch[] = [];
  const archive = {
    register: () => Promise.resolve([{ id: 1 }]),
    write: (batches: readonly LogBatch[]) => Promise.resolve(written.push(...batches) > 0),
  };
  await auditLines(archive as never, 'test')(`${events.join('\n')}\n`);
  return written.flatMap(({ lines }) => lines);
}

test('an event of the audit has its own time, to the microsecond, whatever the object of its request says', async () => {
  const object = '"requestObject":{"data":{"stageTimestamp":"1971-01-01T00:00:00.000000Z"}}';
  const event = `{"stage":"ResponseComplete",${object},"stageTimestamp":"2020-01-01T00:00:00.000007Z","annotations":{"a/b":"c"}}`;
  expect(await kept(event)).toEqual([{ at: Date.parse('2020-01-01T00:00:00Z') * 1000 + 7, stream: 'o', text: event }]);
});

test('what has no time is of now, and nothing is of a time to come', async () => {
  const now = Date.now() * 1000;
  for (const { at } of await kept('{}', '{"stageTimestamp":"2099-01-01T00:00:00.000000Z"}')) {
    expect(at).toBeGreaterThanOrEqual(now);
    expect(at).toBeLessThan(now + 2 * MINUTE);
  }
});
