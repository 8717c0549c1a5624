import { NotPlain } from './not-plain.ts';
import type { Quoted } from './quoted.ts';

const HEADER = /([|>])(?:([1-9])([-+]?)|([-+])([1-9]?))?(?: +#[^\n]*| *)(?:\n|$)/y;
const LINE = /[^\n]*/y;

/**
 * A literal or folded scalar whose `|` or `>` is at `start`, and the index of the line after it.
 * @param parent column of what it belongs to; -1 for the whole document
 */
export function readBlockScalar(text: string, start: number, parent: number): Quoted {
  HEADER.lastIndex = start;
  const header = HEADER.exec(text);
  if (!header) throw new NotPlain(start);
  const [, style, digit, sign, otherSign, otherDigit] = header;
  const given = digit || otherDigit;
  const lines = new Lines(text, HEADER.lastIndex, given ? Math.max(parent, 0) + Number(given) : undefined, parent);
  const value = style === '|' ? literal(lines) : folding(lines);
  const chomping = sign || otherSign;
  const last = chomping === '-' ? '' : chomping === '+' ? lines.lastBreak + '\n'.repeat(lines.blank) : lines.lastBreak;
  return { value: value + last, end: lines.at };
}

/** The lines of a scalar, without their indent; what is blank before each is counted. */
class Lines {
  /** empty lines since the last that was not */
  blank = 0;
  /** the end of the last line: none where the text ends first */
  lastBreak = '';
  constructor(
    private readonly text: string,
    public at: number,
    private indent: number | undefined,
    private readonly parent: number,
  ) {}

  /** The next line; undefined where the scalar ends. */
  next(): string | undefined {
    this.blank = 0;
    let longest = 0;
    for (;;) {
      let i = this.at;
      while (this.text.charCodeAt(i) === 32 && (this.indent === undefined || i - this.at < this.indent)) i++;
      const column = i - this.at;
      if (this.text.charCodeAt(i) === 10) {
        if (this.indent === undefined) longest = Math.max(longest, column);
        this.blank++;
        this.at = i + 1;
        continue;
      }
      if (i >= this.text.length) {
        this.at = i;
        return undefined;
      }
      if (this.text.charCodeAt(i) === 9 && (this.indent === undefined || column < this.indent)) throw new NotPlain(i);
      if (this.indent === undefined) {
        if (column <= this.parent) return undefined;
        if (longest > column) throw new NotPlain(i);
        this.indent = column;
      }
      if (column < this.indent || (column === 0 && /(?:---|\.\.\.)(?:[ \n]|$)/y.test(this.text.slice(i, i + 4))))
        return undefined;
      LINE.lastIndex = i;
      LINE.test(this.text);
      const end = LINE.lastIndex;
      this.lastBreak = end < this.text.length ? '\n' : '';
      this.at = Math.min(end + 1, this.text.length);
      return this.text.slice(i, end);
    }
  }
}

function literal(lines: Lines): string {
  const parts: string[] = [];
  let before = '';
  for (let line = lines.next(); line !== undefined; line = lines.next()) {
    parts.push(before, '\n'.repeat(lines.blank), line);
    before = lines.lastBreak;
  }
  return parts.join('');
}

/** Lines are joined by spaces, but for those that are indented further. */
function folding(lines: Lines): string {
  const parts: string[] = [];
  let before = '';
  let wasIndented = false;
  for (let line = lines.next(); line !== undefined; line = lines.next()) {
    const c = line.charCodeAt(0);
    const isIndented = c === 32 || c === 9;
    if (before && !wasIndented && !isIndented) parts.push(lines.blank ? '' : ' ');
    else parts.push(before);
    parts.push('\n'.repeat(lines.blank), line);
    wasIndented = isIndented;
    before = lines.lastBreak;
  }
  return parts.join('');
}
