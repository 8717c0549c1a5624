import { ITEM, type Step } from './schema.ts';

/** What is being written at a place of a YAML text. */
export interface PlaceInYaml {
  apiVersion: string;
  kind: string;
  /** the object whose field it is */
  path: readonly Step[];
  /** of the value that is written; undefined: the name of a field is */
  field: string | undefined;
  /** what stands before the cursor of the word that is written */
  word: string;
  /** where a further line of the same object begins */
  column: number;
  /** fields that the object has already */
  present: ReadonlySet<string>;
}

interface Line {
  /** columns of the dashes of list items */
  dashes: readonly number[];
  key: string | undefined;
  /** of the key, or of what stands there in place of one */
  column: number;
  rest: string;
}

/** (its spaces are trimmed behind it: a pattern that looked for them would take the square of a line's length) */
const KEY = /^(?:("[^"]*"|'[^']*')\s*|([^\s#:'"[\]{}][^:#]*)):(?:\s+(.*)|)$/;

function readLine(text: string): Line | undefined {
  let column = text.length - text.trimStart().length;
  let left = text.slice(column);
  if (left === '' || left.startsWith('#')) return undefined;
  const dashes: number[] = [];
  for (let item = /^-(?:\s+|$)/.exec(left); item; item = /^-(?:\s+|$)/.exec(left)) {
    dashes.push(column);
    column += Math.max(item[0].length, 2);
    left = left.slice(item[0].length);
  }
  const [, quoted, plain, rest = ''] = KEY.exec(left) ?? [];
  const key = quoted?.slice(1, -1) ?? plain?.trimEnd();
  return { dashes, key, column, rest: key === undefined ? left : rest };
}

/**
 * Where a place is in block YAML, told by how far lines are indented: it works for what is half written, which no parser
 * reads. Undefined where nothing can be said: in texts of several lines, comments, and flow style.
 */
export function placeInYaml(text: string, offset: number): PlaceInYaml | undefined {
  const start = Math.max(text.lastIndexOf('\n---', offset - 1) + 1, 0);
  const end = text.indexOf('\n---', offset);
  const lines = text.slice(start, end < 0 ? undefined : end).split('\n');
  const before = text.slice(start, offset).split('\n');
  const row = before.length - 1;
  const written = before[row] ?? '';
  if (/^---|^\s*#|\s#/.test(written)) return undefined;
  const line = readLine(written) ?? { dashes: [], key: undefined, column: written.length, rest: '' };
  // a value ends with the line, or what is written is not at its end
  if (/[[{"']/.test(line.rest) || (lines[row] ?? '').slice(written.length).trim() !== '') return undefined;
  if (line.key === undefined && /[\s:]/.test(line.rest)) return undefined;
  const path = pathOf(lines, row, line);
  if (!path) return undefined;
  return {
    apiVersion: top('apiVersion', lines),
    kind: top('kind', lines),
    path,
    field: line.key,
    word: line.rest,
    column: line.column,
    present: siblings(lines, row, line.column),
  };
}

/** The value of a field of the document, which is one word. */
function top(name: string, lines: readonly string[]): string {
  const line = lines.find((each) => each.startsWith(`${name}:`) && each.length > name.length + 1) ?? '';
  const [word = ''] = line
    .slice(name.length + 1)
    .trim()
    .split(/\s/, 1);
  return word.replaceAll(/["']/g, '');
}

/** Up from a line: each one that is less far in and opens something is around it. */
function pathOf(lines: readonly string[], row: number, { dashes, column }: Line): Step[] | undefined {
  const path: Step[] = [];
  let limit = column;
  // the key of a list may stand as far in as its dashes do
  let ofList = false;
  const enter = (dash: number): void => {
    path.unshift(ITEM);
    limit = dash;
    ofList = true;
  };
  for (const dash of dashes.toReversed()) enter(dash);
  for (let above = row - 1; above >= 0 && (limit > 0 || ofList); above--) {
    const line = readLine(lines[above] ?? '');
    if (!line) continue;
    if (
      line.key !== undefined &&
      (line.column < limit || (ofList && line.column === limit && !line.dashes.includes(limit)))
    ) {
      if (line.rest !== '' && !line.rest.startsWith('#')) return undefined;
      path.unshift(line.key);
      limit = line.column;
      ofList = false;
    }
    for (const dash of line.dashes.toReversed()) if (dash < limit) enter(dash);
  }
  return path;
}

/** The keys of the object that a line is in: above and below it, as far as nothing is less far in. */
function siblings(lines: readonly string[], row: number, column: number): Set<string> {
  const found = new Set<string>();
  for (const step of [-1, 1]) {
    let begins = step < 0 && (readLine(lines[row] ?? '')?.dashes.length ?? 0) > 0;
    for (let at = row + step; at >= 0 && at < lines.length && !begins; at += step) {
      const line = readLine(lines[at] ?? '');
      if (!line) continue;
      const [first = line.column] = line.dashes;
      if (line.column < column || (step > 0 && first < column)) break;
      if (line.column === column && line.key !== undefined) found.add(line.key);
      begins = first < column;
    }
  }
  return found;
}
