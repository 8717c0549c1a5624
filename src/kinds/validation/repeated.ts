/** Indexes of the items that have come before in their list. */
export function repeatedAt(items: readonly unknown[]): ReadonlySet<number> {
  const seen = new Set<unknown>();
  const found = new Set<number>();
  items.forEach((item, i) => {
    if (seen.has(item)) found.add(i);
    seen.add(item);
  });
  return found;
}
