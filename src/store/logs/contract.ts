/** What writes lines: a container in one of its attempts, the events of a namespace, or the audit of the cluster. */
export interface LogSource {
  kind: 'container' | 'event' | 'audit';
  /** of a container: whose agent reads its file; else '' */
  node: string;
  namespace: string;
  /** name and uid; '' for what is no container's */
  pod: string;
  uid: string;
  container: string;
  attempt: number;
}

export interface LogLine {
  /** µs since the epoch */
  at: number;
  stream: 'o' | 'e';
  /** without the end of the line; has no NUL and no newline */
  text: string;
}

/** Lines of one source, oldest first, that follow what was written of it so far. */
export interface LogBatch {
  /** of `register` */
  source: number;
  /** the position at which it was read, and the one behind the lines: any text of who reads it */
  from: string;
  until: string;
  lines: readonly LogLine[];
}

/** A source as it is known, and how far it has been read. */
export interface KnownSource extends LogSource {
  id: number;
  position: string;
}

/** Which sources; nothing said is all. */
export interface SourceQuery {
  kinds?: readonly LogSource['kind'][];
  namespaces?: readonly string[];
  pods?: readonly string[];
  containers?: readonly string[];
  nodes?: readonly string[];
}

export interface RunQuery {
  /** undefined: all there are */
  sources: readonly number[] | undefined;
  /** µs; lines at `since` and before `until` */
  since: number;
  until: number;
  /** small words of ASCII letters and digits that a line must have all of; what is returned may have others */
  words: readonly string[];
}

/** A row of the archive: its lines are still text. */
export interface LogRun {
  /** where it is: its chunk, and its place in that, which grows in the order of commits */
  chunk: number;
  n: number;
  source: number;
  oldest: number;
  newest: number;
  body: string;
}

export interface LogRetention {
  /** ms that lines are kept, and bytes that all of them may take on disk */
  ms: number;
  bytes: number;
}

/** How far somebody has read on, by chunk: the runs that he has seen of it. */
export type LogMark = ReadonlyMap<number, number>;

/**
 * The lines of containers, events and audit: kept in chunks of time, each a table of its own that is dropped whole. All
 * throw StoreUnavailable.
 */
export interface LogArchive {
  /** Makes the sources known, if they are not, in the order in which they are given. */
  register(sources: readonly LogSource[]): Promise<KnownSource[]>;
  /**
   * Writes all batches or none: none where a source is no longer at `from` (somebody has written on, or it is this one
   * who does not know that he has). @returns whether it did
   */
  write(batches: readonly LogBatch[]): Promise<boolean>;
  sources(query: SourceQuery): Promise<KnownSource[]>;
  /** by id; what is not there is left out */
  sourcesById(ids: readonly number[]): Promise<KnownSource[]>;
  namespaces(): Promise<{ kind: LogSource['kind']; namespace: string }[]>;
  /** Runs that may have such lines, the newest first by `newest`, read as they are asked for. */
  runs(query: RunQuery): AsyncIterableIterator<LogRun>;
  /** What is there now, for `since`. */
  mark(): Promise<LogMark>;
  /** Runs that were committed since, at most `limit` of them, and the mark behind them. */
  since(mark: LogMark, limit: number): Promise<{ runs: LogRun[]; mark: LogMark }>;
  /** Drops what is kept no longer. @param alive uids of pods whose files may still be read on */
  sweep(now: number, alive: (uid: string) => boolean): Promise<void>;
  /** lines, and bytes on disk, for figures */
  size(): Promise<{ lines: number; bytes: number }>;
  /** The same name is held by one process at a time, until its session ends. @returns whether it is this one */
  lead(name: string): Promise<boolean>;
  close(): Promise<void>;
}
