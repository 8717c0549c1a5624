import { formatPath, parsePath } from '../../meta/diff-path.ts';
import type { FieldChange } from '../../meta/diff.ts';

/**
 * Fields of `own` that `others` have changed too, or what is around or inside them. A list whose items are told by their
 * place is one field: what another puts before an item changes the place of all.
 */
export function overlaps(own: readonly FieldChange[], others: readonly FieldChange[]): string[] {
  const taken = new Set<string>();
  const around = new Set<string>();
  for (const { path } of others) {
    const steps = prefixesOf(path);
    taken.add(steps.at(-1)!);
    for (const step of steps) around.add(step);
  }
  return own.flatMap(({ path }) => {
    const steps = prefixesOf(path);
    const last = steps.at(-1)!;
    return around.has(last) || steps.some((step) => taken.has(step)) ? [path] : [];
  });
}

/** The paths of what a field is in, and at last its own. */
function prefixesOf(path: string): string[] {
  const steps = parsePath(path);
  const place = steps.findIndex((step) => 'index' in step);
  const whole = place < 0 ? steps : steps.slice(0, place);
  return Array.from({ length: whole.length + 1 }, (_, i) => formatPath(whole.slice(0, i)));
}
