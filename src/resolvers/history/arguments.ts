import type { ChangeFilter, ChangePageOptions } from '../../api/history/contract.ts';
import type { Registry } from '../../kinds/kind.ts';
import { badRequest } from '../../meta/status.ts';
import { isTime, timeMs } from '../../meta/time.ts';
import { checkNames } from '../checked-names.ts';
import { compileWhere } from '../where/compile-where.ts';
import type { Filter } from '../where/filter.ts';

interface FilterArguments {
  user?: string | null | undefined;
  verbs?: string[] | null | undefined;
  changeSet?: string | null | undefined;
  since?: string | null | undefined;
  until?: string | null | undefined;
}

/** GraphQL's null and absence mean the same: not given. Throws 400. */
export function filterOf({ user, verbs, changeSet, since, until }: FilterArguments): ChangeFilter {
  checkNames({ verbs });
  return {
    user: user ?? undefined,
    verbs: verbs ?? undefined,
    changeSet: changeSet ?? undefined,
    since: timeOf('since', since),
    until: timeOf('until', until),
  };
}

interface PageArguments {
  first?: number | null | undefined;
  after?: string | null | undefined;
}
export const pageOf = ({ first, after }: PageArguments): ChangePageOptions => ({
  first: first ?? undefined,
  after: after ?? undefined,
});

/** The filter of the objects of some kinds. Throws 400, also where one of the kinds has not what it asks for. */
export function matcherOf(
  registry: Registry,
  kinds: readonly string[] | null | undefined,
  where: unknown,
): ChangeFilter['matches'] {
  if (where === null || where === undefined) return undefined;
  if (!kinds?.length) throw badRequest('where: say the kinds that it is about');
  const filters = new Map<string, Filter>();
  for (const key of new Set(kinds)) {
    const kind = registry.preferred(key);
    if (kind) filters.set(key, compileWhere(kind, where));
  }
  return (object, kind) => filters.get(kind.storage.key)?.matches(object) ?? false;
}

function timeOf(name: string, text: string | null | undefined): number | undefined {
  if (text === null || text === undefined) return undefined;
  const time = isTime(text) ? timeMs(text) : Number.NaN;
  if (Number.isNaN(time)) throw badRequest(`${name}: ${JSON.stringify(text)} is no RFC 3339 time`);
  return time;
}
