import { badRequest } from '../meta/status.ts';

/** Names that one argument may list: each is authorised, looked up or compared by itself. */
const MAX_NAMES = 100;

/** Throws 400 for an argument that lists too many. */
export function checkNames(lists: Readonly<Record<string, readonly string[] | null | undefined>>): void {
  for (const [argument, names] of Object.entries(lists))
    if (names && names.length > MAX_NAMES) throw badRequest(`${argument}: more than ${MAX_NAMES}`);
}
