/** Names that are offered for one. */
const MAX_OFFERED = 50;

/** Those of many names of which one might have been meant: graphql's own rule has the last word, and looks at each closely. */
export function similarNames(name: string, all: Iterable<string>): string[] {
  const found = new Set<string>();
  const wanted = name.toLowerCase();
  const near = Math.floor(wanted.length * 0.4) + 1;
  for (const other of all) {
    const lower = other.toLowerCase();
    if (Math.abs(lower.length - wanted.length) > near) continue;
    if (lower[0] !== wanted[0] && lower.at(-1) !== wanted.at(-1)) continue;
    if (letters(lower) === letters(wanted) || shared(lower, wanted) >= wanted.length - near) found.add(other);
    if (found.size === MAX_OFFERED) break;
  }
  return [...found];
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
