import type { LogSource } from '../../store/logs/contract.ts';

export type LogKind = LogSource['kind'];

/** A test of one field of lines that are JSON objects; all that is said must hold. */
export interface FieldTest {
  /** names with dots between: `error.code` */
  field: string;
  eq?: unknown;
  ne?: unknown;
  in?: readonly unknown[] | undefined;
  gt?: number | undefined;
  gte?: number | undefined;
  lt?: number | undefined;
  lte?: number | undefined;
  exists?: boolean | undefined;
}

/** Which lines; nothing said is all that the caller may read. */
export interface LogFilter {
  /** containers and events when not said: the audit is read by who asks for it */
  kinds?: readonly LogKind[] | undefined;
  namespaces?: readonly string[] | undefined;
  pods?: readonly string[] | undefined;
  containers?: readonly string[] | undefined;
  nodes?: readonly string[] | undefined;
  stream?: 'stdout' | 'stderr' | undefined;
  /** µs since the epoch: lines at `since` and before `until` */
  since?: number | undefined;
  until?: number | undefined;
  /** words, all of which a line has, whatever their case */
  text?: string | undefined;
  /** a part of the line, as it stands there */
  contains?: string | undefined;
  fields?: readonly FieldTest[] | undefined;
}

export interface LogEntry extends LogSource {
  /** µs since the epoch */
  at: number;
  stream: 'stdout' | 'stderr';
  text: string;
  /** the line where it is a JSON object */
  readonly fields: Readonly<Record<string, unknown>> | undefined;
}

export interface LogPage {
  /** newest first */
  entries: readonly LogEntry[];
  /** where the next page begins; undefined: there is none. A page that is not full may have one. */
  cursor: string | undefined;
}

export interface LogPageOptions {
  /** 100 when not said, at most 1,000 */
  first?: number | undefined;
  after?: string | undefined;
}

/** What one container has written since it was last told of, as its node's agent sends it. */
export interface SentBatch {
  namespace: string;
  pod: string;
  uid: string;
  container: string;
  attempt: number;
  /** positions in the container's files, in the agent's own words; '' is the beginning */
  from: string;
  until: string;
  /** µs since the epoch, `o` or `e`, and the text */
  lines: readonly (readonly [at: number, stream: string, text: string])[];
}

export interface SentAnswer {
  /** false: nothing is, because a batch does not begin where its container is */
  written: boolean;
  /** how far each is read now; null: its pod is none of the node's, and its lines are taken from nobody */
  positions: (string | null)[];
}

/** Told of lines as they come. */
export interface LogSink {
  /** whether it can take no more for now: what comes meanwhile is left out, and counted */
  readonly full: boolean;
  onEntries(entries: readonly LogEntry[]): void;
  /** lines, at least, that were left out */
  onLeftOut(lines: number): void;
  onEnd(error: unknown): void;
}
