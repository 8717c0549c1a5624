import type {
  ValidatingAdmissionPolicyBindingSpec as BindingSpec,
  ValidatingAdmissionPolicySpec as PolicySpec,
} from '../../../../schema/types.ts';
import type { Store } from '../../../store/contract.ts';
import { objectAs } from '../../object-as.ts';

const GROUP = 'admissionregistration.k8s.io';
const POLICIES = `validatingadmissionpolicies.${GROUP}` as const;
const BINDINGS = `validatingadmissionpolicybindings.${GROUP}` as const;

export interface Binding {
  readonly name: string;
  readonly spec: BindingSpec;
}

/** A policy and what binds it: one that nothing binds is in force nowhere. */
export interface Bound {
  readonly name: string;
  readonly spec: PolicySpec;
  readonly bindings: readonly Binding[];
}

/** All policies that are bound, in the order of their first bindings' names. */
export function boundPolicies(store: Store): Bound[] {
  if (store.count({ resource: BINDINGS }) === 0) return [];
  const bindings = new Map<string, Binding[]>();
  for (const stored of store.list({ resource: BINDINGS }).items) {
    const { spec = {} } = objectAs(BINDINGS, stored);
    const { policyName = '' } = spec;
    const others = bindings.get(policyName);
    if (others) others.push({ name: stored.name, spec });
    else bindings.set(policyName, [{ name: stored.name, spec }]);
  }
  return [...bindings].flatMap(([name, of]) => {
    const found = store.get({ resource: POLICIES, namespace: '', name });
    const spec = found && objectAs(POLICIES, found).spec;
    return spec ? [{ name, spec, bindings: of }] : [];
  });
}
