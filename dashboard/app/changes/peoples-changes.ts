import type { Change } from './change.ts';

/** A page of changes, newest first. */
export interface ChangesPage {
  items: readonly Change[];
  continue: string | null;
}

/** What people did, newest first, and how far it is known. */
export interface Known {
  changes: readonly Change[];
  /** the newest revision that was looked at, whoever wrote it */
  newest: bigint;
}

/** Pages that are looked at: where the cluster writes more than is in them, older changes are left to who asks for all. */
const MOST_PAGES = 6;

/**
 * Changes that people made, among the many that the cluster's own parts make.
 * @param ask a page, from the newest on or after the one before
 * @param isWanted whether a change is one of those
 * @param enough so many are kept, and looked for
 * @param before what is known: only what is newer is looked at
 */
export async function peoplesChanges(
  ask: (after: string | undefined) => Promise<ChangesPage>,
  isWanted: (change: Change) => boolean,
  enough: number,
  before?: Known,
): Promise<Known> {
  const found: Change[] = [];
  let newest = before?.newest ?? 0n;
  let after: string | undefined;
  for (let pages = 0; pages < MOST_PAGES; pages++) {
    const page = await ask(after);
    const [first] = page.items;
    if (pages === 0 && first && BigInt(first.revision) > newest) newest = BigInt(first.revision);
    const unknown = before ? page.items.filter(({ revision }) => BigInt(revision) > before.newest) : page.items;
    found.push(...unknown.filter(isWanted));
    if (found.length >= enough || unknown.length < page.items.length || page.continue === null) break;
    after = page.continue;
  }
  return { changes: [...found, ...(before?.changes ?? [])].slice(0, enough), newest };
}
