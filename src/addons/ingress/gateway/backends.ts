import type { Backend } from '../route.ts';
import { filtersOf } from './filters.ts';
import { isGranted } from './grants.ts';
import type { BackendReference, ReferenceGrant, RouteKind } from './types.ts';

export interface BackendProblem {
  reason: 'InvalidKind' | 'RefNotPermitted' | 'BackendNotFound';
  message: string;
}
export interface BackendContext {
  kind: RouteKind;
  /** of the route */
  namespace: string;
  grants: readonly ReferenceGrant[];
  hasService(namespace: string, name: string): boolean;
  /** hears what is wrong with a reference */
  problem(problem: BackendProblem): void;
}

/** Its share of the requests is answered with 500, as the specification has it. */
const invalid = (reason: string) => ({ status: 500, reason });

/** Where a reference of a route leads. Throws UnsupportedFilter. */
export function backendOf(reference: BackendReference, prefix: string | undefined, context: BackendContext): Backend {
  const { group = '', kind = 'Service', namespace = context.namespace, name, port = 0, weight = 1 } = reference;
  const { filters } = filtersOf(reference.filters, prefix, (mirror) => backendOf(mirror, prefix, context));
  const backend: Backend = {
    namespace,
    service: name,
    port,
    weight,
    filters,
    ...(context.kind === 'GRPCRoute' && { protocol: 'h2c' as const }),
  };
  const problem = problemOf({ group, kind, namespace, name }, context);
  if (!problem) return backend;
  context.problem(problem);
  return { ...backend, refusal: invalid(problem.reason) };
}

function problemOf(
  to: { group: string; kind: string; namespace: string; name: string },
  { kind, namespace, grants, hasService }: BackendContext,
): BackendProblem | undefined {
  const text = `${to.kind} ${to.namespace}/${to.name}`;
  if (to.group !== '' || to.kind !== 'Service')
    return { reason: 'InvalidKind', message: `${text}: only Services are backends` };
  if (!isGranted(grants, { kind, namespace }, to, to.kind))
    return { reason: 'RefNotPermitted', message: `${text}: no ReferenceGrant of that namespace allows it` };
  if (!hasService(to.namespace, to.name)) return { reason: 'BackendNotFound', message: `there is no ${text}` };
  return undefined;
}
