import type { Resources } from '../../../../schema/types.ts';
import '../../../../schema/optional-types.ts';
import type { Store } from '../../../store/contract.ts';
import { objectAs } from '../../object-as.ts';

/** The resources of one kind of policies and of what binds them. */
interface Pair {
  readonly policies: keyof Resources;
  readonly bindings: keyof Resources;
}
const GROUP = 'admissionregistration.k8s.io';
export const VALIDATING = {
  policies: `validatingadmissionpolicies.${GROUP}`,
  bindings: `validatingadmissionpolicybindings.${GROUP}`,
} as const satisfies Pair;
export const MUTATING = {
  policies: `mutatingadmissionpolicies.${GROUP}`,
  bindings: `mutatingadmissionpolicybindings.${GROUP}`,
} as const satisfies Pair;

type SpecOf<R extends keyof Resources> = Resources[R] extends { spec?: infer Spec } ? NonNullable<Spec> : never;

export interface Binding<P extends Pair> {
  readonly name: string;
  readonly spec: SpecOf<P['bindings']>;
}

/** A policy and what binds it: one that nothing binds is in force nowhere. */
export interface Bound<P extends Pair> {
  readonly name: string;
  readonly spec: SpecOf<P['policies']>;
  readonly bindings: readonly Binding<P>[];
}

/** All policies of a kind that are bound, in the order of their first bindings' names. */
export function boundPolicies<P extends Pair>(store: Store, pair: P): Bound<P>[] {
  if (store.count({ resource: pair.bindings }) === 0) return [];
  const bindings = new Map<string, Binding<P>[]>();
  for (const stored of store.list({ resource: pair.bindings }).items) {
    const { spec = {} } = objectAs(pair.bindings, stored) as { spec?: SpecOf<P['bindings']> };
    const { policyName = '' } = spec as { policyName?: string };
    const binding = { name: stored.name, spec: spec as SpecOf<P['bindings']> };
    const others = bindings.get(policyName);
    if (others) others.push(binding);
    else bindings.set(policyName, [binding]);
  }
  return [...bindings].flatMap(([name, of]) => {
    const found = store.get({ resource: pair.policies, namespace: '', name });
    const { spec } = found ? (objectAs(pair.policies, found) as { spec?: SpecOf<P['policies']> }) : {};
    return spec ? [{ name, spec, bindings: of }] : [];
  });
}
