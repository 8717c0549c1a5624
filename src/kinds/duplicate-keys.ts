import { endOfString } from '../go/json-numbers.ts';

/** Paths of keys that occur again in their object (`data.a`), in the order of the text, which must be good JSON. */
export function duplicateKeys(text: string): string[] {
  const found: string[] = [];
  const frames: { keys: Set<string> | undefined; index: number; key: string }[] = [];
  let expectKey = false;
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    const top = frames.at(-1);
    if (c === '"') {
      const end = endOfString(text, i);
      if (expectKey && top?.keys) {
        top.key = JSON.parse(text.slice(i, end + 1)) as string;
        if (top.keys.has(top.key)) found.push(pathOf(frames));
        top.keys.add(top.key);
        expectKey = false;
      }
      i = end;
    } else if (c === '{' || c === '[') {
      frames.push({ keys: c === '{' ? new Set() : undefined, index: 0, key: '' });
      expectKey = c === '{';
    } else if (c === '}' || c === ']') {
      frames.pop();
      expectKey = false;
    } else if (c === ',' && top) {
      if (!top.keys) top.index++;
      expectKey = top.keys !== undefined;
    }
  }
  return [...new Set(found)];
}

const pathOf = (frames: readonly { keys: Set<string> | undefined; index: number; key: string }[]): string =>
  frames
    .map((f) => (f.keys ? f.key : `[${f.index}]`))
    .join('.')
    .replaceAll('.[', '[');
