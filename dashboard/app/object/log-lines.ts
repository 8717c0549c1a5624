import { legible } from '../shared/legible.ts';
import { plainText } from './plain-text.ts';

/** A line as the server sends it. */
export interface SentLine {
  time: string | null;
  pod: string;
  container: string;
  text: string;
}
/** A line as it is shown. */
export interface LogLine extends SentLine {
  /** another one for each */
  id: number;
}

/** Lines that are kept in the page, characters of all of them, and of one. */
const MOST = 5000;
const MOST_CHARACTERS = 2_000_000;
const LONGEST = 10_000;

const keyOf = ({ time, pod, container, text }: SentLine): string => `${time} ${pod} ${container} ${text}`;

function shownText(text: string): string {
  const left = text.length - LONGEST;
  const shown = legible(plainText(left > 0 ? text.slice(0, LONGEST) : text));
  return left > 0 ? `${shown}… (${left} characters more)` : shown;
}

/** Lines after more have come. When the connection was lost they begin anew: those that are there come once. */
export function withMore(before: readonly LogLine[] = [], sent: readonly SentLine[]): readonly LogLine[] {
  const first = (before.at(-1)?.id ?? 0) + 1;
  const some = sent.slice(-MOST).map((line, place) => ({ ...line, id: first + place, text: shownText(line.text) }));
  const last = before.at(-1)?.time;
  const again = last && some.some(({ time }) => time !== null && time <= last) ? new Set(before.map(keyOf)) : undefined;
  return newest([...before, ...(again ? some.filter((line) => line.time === null || !again.has(keyOf(line))) : some)]);
}

/** As many of the last lines as are kept. */
function newest(lines: readonly LogLine[]): readonly LogLine[] {
  let [start, characters] = [lines.length, 0];
  while (start > 0 && lines.length - start < MOST) {
    characters += lines[start - 1]?.text.length ?? 0;
    if (characters > MOST_CHARACTERS) break;
    start--;
  }
  return start > 0 ? lines.slice(start) : lines;
}
