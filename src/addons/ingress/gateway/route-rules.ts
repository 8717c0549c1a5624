import { errorMessage } from '../../../meta/error-message.ts';
import { parseDuration } from '../../../go/duration.ts';
import { LIMITS, type Action, type Limits, type Route } from '../route.ts';
import { backendOf, type BackendContext, type BackendProblem } from './backends.ts';
import { filtersOf } from './filters.ts';
import { asksOf } from './matches.ts';
import type { GatewayRoute, RouteKind, RouteRule } from './types.ts';

/** A rule for any host. */
export type Rule = Omit<Route, 'host' | 'wildcard'>;

export interface Translated {
  rules: Rule[];
  /** why the route cannot be taken; it has no rules then */
  unsupported?: string;
  problems: BackendProblem[];
}

/** What a route asks for and does, whatever its hosts are. */
export function translate(
  kind: RouteKind,
  { metadata, spec }: GatewayRoute,
  known: Pick<BackendContext, 'grants' | 'hasService'>,
): Translated {
  const { namespace = '', name, creationTimestamp: created } = metadata;
  const problems: BackendProblem[] = [];
  const context: BackendContext = { kind, namespace, ...known, problem: (one) => problems.push(one) };
  const rules: Rule[] = [];
  try {
    for (const rule of spec.rules ?? []) {
      for (const match of rule.matches?.length ? rule.matches : [{}]) {
        const asks = asksOf(match);
        const prefix = asks.path.type === 'Prefix' ? asks.path.value : undefined;
        const rank = { created, name: `${namespace}/${name}`, index: rules.length };
        rules.push({ ...asks, action: actionOf(rule, prefix, context), rank });
      }
    }
  } catch (error) {
    return { rules: [], unsupported: errorMessage(error), problems };
  }
  return { rules, problems };
}

function actionOf(rule: RouteRule, prefix: string | undefined, context: BackendContext): Action {
  const { filters, redirect } = filtersOf(rule.filters, prefix, (reference) => backendOf(reference, prefix, context));
  if (redirect) return { kind: 'redirect', redirect, filters };
  const backends = (rule.backendRefs ?? []).map((reference) => backendOf(reference, prefix, context));
  if (!backends.length) return { kind: 'refuse', status: 500, reason: 'no backend' };
  return { kind: 'forward', backends, filters, limits: limitsOf(rule) };
}

/** GEP-1742. Both bounds are of one exchange here, for it is sent again only where nothing was sent. */
function limitsOf({ timeouts }: RouteRule): Limits {
  const said = [timeouts?.request, timeouts?.backendRequest].flatMap((text) => (text && parseDuration(text)) || []);
  return { ...LIMITS, totalMs: said.length ? Math.min(...said) : 0 };
}
