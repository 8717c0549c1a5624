import { isRecord } from '../../meta/record.ts';
import type { LogLine, LogSource } from '../../store/logs/contract.ts';
import type { LogEntry } from './contract.ts';

/** A line with whose it is. It is parsed when somebody asks for its fields. */
export class Entry implements LogEntry {
  readonly kind;
  readonly node;
  readonly namespace;
  readonly pod;
  readonly uid;
  readonly container;
  readonly attempt;
  readonly at;
  readonly stream;
  readonly text;
  private parsed: Readonly<Record<string, unknown>> | null | undefined;

  constructor(source: LogSource, { at, stream, text }: LogLine) {
    ({
      kind: this.kind,
      node: this.node,
      namespace: this.namespace,
      pod: this.pod,
      uid: this.uid,
      container: this.container,
      attempt: this.attempt,
    } = source);
    this.at = at;
    this.stream = stream === 'e' ? ('stderr' as const) : ('stdout' as const);
    this.text = text;
  }

  get fields(): Readonly<Record<string, unknown>> | undefined {
    this.parsed ??= fieldsOf(this.text) ?? null;
    return this.parsed ?? undefined;
  }
}

/** Of a line that is a JSON object. */
export function fieldsOf(text: string): Readonly<Record<string, unknown>> | undefined {
  if (text[0] !== '{' || text.at(-1) !== '}') return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
