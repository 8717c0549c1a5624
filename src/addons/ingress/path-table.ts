import { trimSlashes } from './trim-slashes.ts';
import type { Asked, Condition, Route } from './route.ts';

/**
 * Routes of one host by path: Exact first, then patterns, then prefixes from the longest on. Among those of one path,
 * who asks for more comes first: a method, then more headers, then more parameters; then the older, then the first by
 * name. Source: HTTPRouteRule.matches of the Gateway API, which says of paths what networking/v1 HTTPIngressPath does.
 */
export class PathTable {
  private readonly exact = new Map<string, Route[]>();
  private readonly prefixes = new Map<string, Route[]>();
  private readonly patterns: Route[] = [];
  /** elements of the longest prefix: no more of a path are looked up */
  private depth = 0;

  add(route: Route): void {
    const { type, value } = route.path;
    if (type === 'Exact') push(this.exact, value, route);
    else if (type === 'Pattern') this.patterns.push(route);
    else {
      const prefix = trimSlashes(value);
      push(this.prefixes, prefix, route);
      this.depth = Math.max(this.depth, prefix.split('/').length - 1);
    }
  }

  /** To be called when all are added. */
  sort(): void {
    for (const routes of [...this.exact.values(), ...this.prefixes.values()]) routes.sort(compare);
    this.patterns.sort((a, b) => b.path.value.length - a.path.value.length || compare(a, b));
  }

  find(asked: Asked): Route | undefined {
    const { path } = asked;
    const exact = this.exact.get(path)?.find((route) => asksFor(route, asked));
    if (exact) return exact;
    const pattern = this.patterns.find(
      (route) => route.path.type === 'Pattern' && route.path.pattern.matches(path) && asksFor(route, asked),
    );
    if (pattern) return pattern;
    for (let end = endOf(path, this.depth); ; end = path.lastIndexOf('/', end - 1)) {
      const found = this.prefixes.get(path.slice(0, Math.max(end, 0)))?.find((route) => asksFor(route, asked));
      if (found || end <= 0) return found;
    }
  }
}

/** Where the first so many elements of a path end. */
function endOf(path: string, elements: number): number {
  let end = 0;
  for (let i = 0; i < elements && end < path.length; i++) {
    const next = path.indexOf('/', end + 1);
    end = next < 0 ? path.length : next;
  }
  return end;
}

function push(map: Map<string, Route[]>, key: string, route: Route): void {
  const routes = map.get(key);
  if (routes) routes.push(route);
  else map.set(key, [route]);
}

const compare = (a: Route, b: Route): number =>
  Number(b.method !== undefined) - Number(a.method !== undefined) ||
  (b.headers?.length ?? 0) - (a.headers?.length ?? 0) ||
  (b.query?.length ?? 0) - (a.query?.length ?? 0) ||
  order(a.rank.created, b.rank.created) ||
  order(a.rank.name, b.rank.name) ||
  a.rank.index - b.rank.index;
const order = (a: string, b: string): number => (a < b ? -1 : Number(a > b));

function asksFor({ method, headers, query }: Route, asked: Asked): boolean {
  if (method !== undefined && method !== asked.method) return false;
  if (headers?.some(({ name, value }) => !fits(value, asked.headers[name]))) return false;
  if (!query?.length) return true;
  const parameters = new URLSearchParams(asked.search);
  return query.every(({ name, value }) => fits(value, parameters.get(name) ?? undefined));
}

function fits(value: Condition['value'], text: string | string[] | undefined): boolean {
  if (text === undefined) return false;
  const whole = typeof text === 'string' ? text : text.join(', ');
  return typeof value === 'string' ? whole === value : value.matches(whole);
}
