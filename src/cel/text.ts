import { work } from './work.ts';

/** Strings are counted, cut and searched by code points. Most have no other kind of character than JavaScript's own. */

// the last long string that was asked about: a loop asks about the same one
let lastText = '';
let lastPoints: readonly string[] | undefined;
let lastSize = 0;
const LONG = 64;

const hasPairs = (text: string): boolean => /[\ud800-\udbff]/.test(text);

/** How many code points a string has. */
export function sizeOfText(text: string): number {
  if (text.length <= LONG) return hasPairs(text) ? countPoints(text) : text.length;
  if (text !== lastText) remember(text);
  return lastSize;
}
function countPoints(text: string): number {
  let size = 0;
  for (let i = 0; i < text.length; i++, size++) if ((text.codePointAt(i) as number) > 0xffff) i++;
  return size;
}
function remember(text: string): void {
  work(text.length / 8);
  lastText = text;
  lastPoints = undefined;
  lastSize = hasPairs(text) ? countPoints(text) : text.length;
}

/** The code points of a string; the string itself where each is one unit of it. */
export function pointsOf(text: string): ArrayLike<string> & { slice(a: number, b?: number): string | string[] } {
  if (sizeOfText(text) === text.length) return text;
  if (text.length <= LONG) return [...text];
  if (lastPoints === undefined) {
    work(text.length);
    lastPoints = [...text];
  }
  return lastPoints as string[];
}
export function cut(text: string, from: number, to?: number): string {
  const part = pointsOf(text).slice(from, to);
  return typeof part === 'string' ? part : part.join('');
}
/** The place of a UTF-16 offset in code points. */
export function pointIndex(text: string, offset: number): number {
  return offset <= 0 || sizeOfText(text) === text.length ? offset : countPoints(text.slice(0, offset));
}
/** Compares as Go does: by code points, which is by bytes. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0;
  work(Math.min(a.length, b.length) / 16);
  // surrogates stand before U+E000, though what they make comes after
  if (!hasHigh(a) && !hasHigh(b)) return a < b ? -1 : 1;
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
const hasHigh = (text: string): boolean => /[\ud800-\uffff]/.test(text);
