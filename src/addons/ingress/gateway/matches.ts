import { compileRegexp } from '../../../go/regexp.ts';
import type { Condition, PathMatch, Pattern, Route } from '../route.ts';
import type { Match } from './types.ts';

/** What a match of a route asks for, but for the host. Throws where it has an expression that cannot be read. */
export type Asks = Pick<Route, 'path' | 'method' | 'headers' | 'query'>;

export function asksOf({ path, method, headers = [], queryParams = [] }: Match): Asks {
  return {
    path: typeof method === 'object' ? grpcPath(method) : pathOf(path?.type ?? 'PathPrefix', path?.value ?? '/'),
    ...(typeof method === 'string' && { method }),
    headers: headers.map((one) => conditionOf({ ...one, name: one.name.toLowerCase() })),
    query: queryParams.map(conditionOf),
  };
}

function pathOf(type: 'Exact' | 'PathPrefix' | 'RegularExpression', value: string): PathMatch {
  if (type === 'RegularExpression') return { type: 'Pattern', value, pattern: patternOf(value) };
  return { type: type === 'Exact' ? 'Exact' : 'Prefix', value };
}

/** A method of gRPC is the path `/service/method`. */
function grpcPath({ type = 'Exact', service, method }: Exclude<Match['method'], string | undefined>): PathMatch {
  if (type === 'Exact' && service && method) return { type: 'Exact', value: `/${service}/${method}` };
  if (type === 'Exact' && service) return { type: 'Prefix', value: `/${service}` };
  const literal = type === 'Exact' ? quoted : (text: string): string => text;
  const part = (text: string | undefined): string => (text ? literal(text) : '[^/]+');
  const value = `/${part(service)}/${part(method)}`;
  return { type: 'Pattern', value, pattern: patternOf(value) };
}

const conditionOf = ({ name, value = '', type }: { name: string; value?: string; type?: string }): Condition => ({
  name,
  value: type === 'RegularExpression' ? patternOf(value) : value,
});

/** Throws RegexpError. A text that takes too long to look through is taken for one that does not match. */
function patternOf(expression: string): Pattern {
  const compiled = compileRegexp(`^(?:${expression})$`);
  return {
    matches(text) {
      try {
        return compiled.test(text);
      } catch {
        return false;
      }
    },
  };
}

const quoted = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
