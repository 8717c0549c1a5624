/** One line of a container's log. */
export interface LogLine {
  /** RFC 3339 with nanoseconds, as the node wrote it down; null where it did not */
  readonly time: string | null;
  readonly pod: string;
  readonly container: string;
  /** without the end of the line */
  readonly text: string;
  /** µs since the epoch, by which lines of several logs are put in order; that of the line before where there is none */
  readonly order: number;
}

/** Bytes of one line; the rest of a longer one is left out, and CUT says so. */
const MAX_LINE_BYTES = 16 * 1024;
export const CUT = ' … [cut]';

const NEWLINE = 0x0a;
const TIME = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d) /;

/** Bytes that a line holds, about. */
export const sizeOf = ({ text }: LogLine): number => text.length + 64;

/** The lines of a log that is read with `timestamps`, of which pieces come as they come. */
export class LogReader {
  private parts: Buffer[] = [];
  private size = 0;
  private cut = false;
  private order = 0;

  constructor(
    private readonly pod: string,
    private readonly container: string,
  ) {}

  /** The lines that end in a piece. */
  push(piece: Buffer): LogLine[] {
    const lines: LogLine[] = [];
    let start = 0;
    for (let end = piece.indexOf(NEWLINE); end >= 0; end = piece.indexOf(NEWLINE, start)) {
      this.keep(piece.subarray(start, end));
      lines.push(this.take());
      start = end + 1;
    }
    this.keep(piece.subarray(start));
    return lines;
  }

  /** What is left when no more comes. */
  end(): LogLine[] {
    return this.size > 0 ? [this.take()] : [];
  }

  private keep(part: Buffer): void {
    const room = MAX_LINE_BYTES - this.size;
    if (part.length > room) this.cut = true;
    if (part.length === 0 || room <= 0) return;
    const kept = part.subarray(0, room);
    this.parts.push(kept);
    this.size += kept.length;
  }

  private take(): LogLine {
    const bytes = this.parts.length === 1 ? this.parts[0]! : Buffer.concat(this.parts);
    const whole = this.cut ? `${wholeCharacters(bytes)}${CUT}` : bytes.toString();
    this.parts = [];
    this.size = 0;
    this.cut = false;
    const { pod, container } = this;
    const [stamp, seconds, fraction = '', zone] = TIME.exec(whole) ?? [];
    if (stamp === undefined) return { time: null, pod, container, text: whole, order: this.order };
    this.order = Date.parse(`${seconds}${zone}`) * 1000 + Number(fraction.padEnd(6, '0').slice(0, 6));
    return { time: stamp.trimEnd(), pod, container, text: whole.slice(stamp.length), order: this.order };
  }
}

/** Without the beginning of a character that was cut off. */
function wholeCharacters(bytes: Buffer): string {
  let end = bytes.length;
  while (end > 0 && bytes.length - end < 4 && ((bytes[end - 1] ?? 0) & 0xc0) === 0x80) end--;
  const last = bytes[end - 1] ?? 0;
  const length = last >= 0xf0 ? 4 : last >= 0xe0 ? 3 : last >= 0xc0 ? 2 : 1;
  return bytes.subarray(0, bytes.length - end + 1 >= length ? bytes.length : end - 1).toString();
}
