/** Names that are offered for one. */
const MAX_OFFERED = 50;
/** Names that are looked at: some ms of work. Built-in ones come first, so they are among them. */
const MAX_LOOKED_AT = 50_000;

/** Those of many names that one of some might have been meant for: graphql's own rule has the last word, and looks at each closely. */
export function similarNames(wanted: readonly string[], all: Iterable<string>): string[] {
  if (!wanted.length) return [];
  const found = new Set<string>();
  const each = wanted.map((name) => ({
    lower: name.toLowerCase(),
    near: Math.floor(name.length * 0.4) + 1,
    offered: 0,
  }));
  let looked = 0;
  for (const other of all) {
    const lower = other.toLowerCase();
    for (const one of each) {
      if (++looked > MAX_LOOKED_AT) return [...found];
      if (one.offered === MAX_OFFERED || !isNear(lower, one.lower, one.near)) continue;
      one.offered++;
      found.add(other);
    }
  }
  return [...found];
}

function isNear(lower: string, wanted: string, near: number): boolean {
  if (Math.abs(lower.length - wanted.length) > near) return false;
  if (lower[0] !== wanted[0] && lower.at(-1) !== wanted.at(-1)) return false;
  return letters(lower) === letters(wanted) || shared(lower, wanted) >= wanted.length - near;
}

const letters = (word: string): string => [...word].sort().join('');

/** Characters that both begin and end with. */
function shared(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  let start = 0;
  while (start < length && a[start] === b[start]) start++;
  let end = 0;
  while (end < length - start && a.at(-1 - end) === b.at(-1 - end)) end++;
  return start + end;
}
