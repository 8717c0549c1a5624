import { timeMicroseconds } from '../../meta/time.ts';
import type { LogArchive, LogSource } from '../../store/logs/contract.ts';
import { keptLine } from './line.ts';

/** Of one process, where several write at once. */
const sourceOf = (process: string): LogSource => ({
  kind: 'audit',
  node: process,
  namespace: '',
  pod: '',
  uid: '',
  container: '',
  attempt: 0,
});

/** Writes what the audit of a process says into the archive: what its batches (audit/batches.ts) are given to. */
export const auditLines = (archive: LogArchive, process: string) => {
  let id: number | undefined;
  return async (lines: string): Promise<void> => {
    id ??= (await archive.register([sourceOf(process)]))[0]?.id;
    if (id === undefined) return;
    const now = Date.now();
    const entries = lines
      .trimEnd()
      .split('\n')
      .map((text) => keptLine(timeOf(text) ?? now * 1000, 'o', text, now));
    await archive.write([{ source: id, from: '', until: '', lines: entries }]);
  };
};

const STAMP = '"stageTimestamp":"';
/** µs since the epoch. The last one counts: objects of the request stand before it, and may have such a field too. */
function timeOf(text: string): number | undefined {
  const at = text.lastIndexOf(STAMP) + STAMP.length;
  return timeMicroseconds(text.slice(at, text.indexOf('"', at)));
}
