import type { LogArchive, LogSource } from '../../store/logs/contract.ts';
import { cleanText } from '../../store/logs/run-body.ts';

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
    const entries = lines
      .trimEnd()
      .split('\n')
      .map((text) => ({ at: timeOf(text), stream: 'o' as const, text: cleanText(text) }));
    await archive.write([{ source: id, from: '', until: '', lines: entries }]);
  };
};

const STAMP = /"stageTimestamp":"([^"]{20,40})"/;
/** µs since the epoch */
function timeOf(text: string): number {
  const time = Date.parse(STAMP.exec(text)?.[1] ?? '');
  return (Number.isNaN(time) ? Date.now() : time) * 1000;
}
