import type { Key } from '../../store/contract.ts';

/** The order of lists: by namespace and name. */
export const byPlace = (a: Key, b: Key): number =>
  a.namespace < b.namespace ? -1 : a.namespace > b.namespace ? 1 : a.name < b.name ? -1 : Number(a.name > b.name);
