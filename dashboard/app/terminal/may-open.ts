import type { Rights } from '../server/rights.ts';

/** Whether one may open terminals in containers: with a program of one's own (exec), or with theirs (attach). */
export const mayOpen = (rights: Rights, subresource: 'exec' | 'attach'): boolean =>
  rights.has(`get ${subresource}`) && rights.has(`create ${subresource}`);
