/** Whether a hostname stands for others: `*.b` for `a.b` and `a.a.b`. */
const covers = (wildcard: string, name: string): boolean =>
  wildcard.startsWith('*.') && name.endsWith(wildcard.slice(1));

/** The hostname that two have in common; empty stands for all; undefined where there is none. */
function common(one: string, other: string): string | undefined {
  if (!one || one === other) return other;
  if (!other || covers(other, one)) return one;
  return covers(one, other) ? other : undefined;
}

/**
 * What a route is asked for through a listener. Source: HTTPRoute.spec.hostnames.
 * @param hostnames of the route; none: all of the listener's
 */
export function hostnamesOf(listener: string | undefined, hostnames: readonly string[] | undefined): string[] {
  const own = (listener ?? '').toLowerCase();
  const found = (hostnames?.length ? hostnames : ['']).flatMap((name) => common(own, name.toLowerCase()) ?? []);
  return [...new Set(found)];
}
