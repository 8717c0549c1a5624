/** One line of what a pod says of itself. */
export interface Sample {
  /** name and labels as they are written: what tells a series from others */
  key: string;
  name: string;
  value: number;
}

/** Characters of a name with its labels: longer ones are passed over. */
const MAX_KEY = 1024;
const MAX_LABELS = 32;
/** Characters of a label's name or value. */
const MAX_LABEL = 256;
const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]{0,255}$/;
const LABEL_NAME = /^[a-zA-Z_][a-zA-Z0-9_]*$/;
const VALUE = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/;

/**
 * The samples of a text in the format of Prometheus 0.0.4 (and so far as they agree, of OpenMetrics), in its order. Lines
 * that are none, and values that are no numbers, are passed over; times of their own are not looked at. Linear in the
 * text. Source: https://prometheus.io/docs/instrumenting/exposition_formats/
 */
export function* parseExposition(text: string): Generator<Sample> {
  for (let begin = 0; begin < text.length;) {
    const next = text.indexOf('\n', begin);
    const end = next < 0 ? text.length : next;
    const sample = text[begin] === '#' ? undefined : parseLine(text.slice(begin, end));
    if (sample) yield sample;
    begin = end + 1;
  }
}

function parseLine(line: string): Sample | undefined {
  const open = line.indexOf('{');
  const space = line.search(/[ \t]/);
  const isPlain = open < 0 || (space >= 0 && space < open);
  const keyEnd = isPlain ? space : closingBrace(line, open) + 1;
  if (keyEnd <= 0 || keyEnd > MAX_KEY) return undefined;
  const name = line.slice(0, isPlain ? keyEnd : open).trimEnd();
  const [number = ''] = line.slice(keyEnd).trim().split(/\s/, 1);
  const value = VALUE.test(number) ? Number(number) : Number.NaN;
  if (!NAME.test(name) || !Number.isFinite(value)) return undefined;
  return { key: line.slice(0, keyEnd), name, value };
}

/** Of the first brace that is in no text; -1 where there is none. */
function closingBrace(line: string, open: number): number {
  let quoted = false;
  for (let at = open + 1; at < line.length && at <= MAX_KEY; at++) {
    const char = line[at];
    if (quoted && char === '\\') at++;
    else if (char === '"') quoted = !quoted;
    else if (char === '}' && !quoted) return at;
  }
  return -1;
}

/** The labels of a sample's key; undefined where they are written wrongly, or are too many or too long. */
export function labelsOf(key: string): ReadonlyMap<string, string> | undefined {
  const labels = new Map<string, string>();
  const open = key.indexOf('{');
  if (open < 0) return labels;
  let at = open + 1;
  const skip = (chars: string): void => {
    while (at < key.length && chars.includes(key[at] ?? '')) at++;
  };
  for (;;) {
    skip(' \t,');
    if (key[at] === '}') return labels;
    const equals = key.indexOf('=', at);
    const name = equals < 0 ? '' : key.slice(at, equals).trim();
    if (!LABEL_NAME.test(name) || name.length > MAX_LABEL || labels.size >= MAX_LABELS) return undefined;
    at = equals + 1;
    skip(' \t');
    if (key[at] !== '"') return undefined;
    let value = '';
    for (at++; key[at] !== '"'; at++) {
      if (at >= key.length || value.length >= MAX_LABEL) return undefined;
      const char = key[at] ?? '';
      if (char !== '\\') value += char;
      else value += key[++at] === 'n' ? '\n' : (key[at] ?? '');
    }
    labels.set(name, value);
    at++;
  }
}
