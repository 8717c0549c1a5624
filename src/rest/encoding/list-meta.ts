import type { ListAnswer } from '../../api/contract.ts';
import type { ListMeta } from '../../meta/object.ts';

/** `metadata` of a list's answer, whatever its form. */
export const listMeta = (list: ListAnswer): ListMeta => ({
  resourceVersion: String(list.revision),
  ...(list.continue && { continue: list.continue }),
  ...(list.remainingItemCount !== undefined && { remainingItemCount: list.remainingItemCount }),
});
