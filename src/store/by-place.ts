import type { Key } from './contract.ts';

/** The order of lists: by namespace, then name. */
export const byPlace = (a: Pick<Key, 'namespace' | 'name'>, b: Pick<Key, 'namespace' | 'name'>): number =>
  a.namespace < b.namespace ? -1 : a.namespace > b.namespace ? 1 : a.name < b.name ? -1 : Number(a.name > b.name);
