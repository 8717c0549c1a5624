import { LRUCache } from 'lru-cache';
import type { Store, Stored } from '../../store/contract.ts';
import type { Attributes, User } from '../contract.ts';
import { isResourceRequest } from './attributes.ts';
import { ruleAllows, type PolicyRule } from './rules.ts';

const GROUP = 'rbac.authorization.k8s.io';
const ROLES = ['roles', 'clusterroles'].map((r) => `${r}.${GROUP}`);
const BINDINGS = ['rolebindings', 'clusterrolebindings'].map((r) => `${r}.${GROUP}`);
/** Decisions kept; one is about 200 bytes. */
const MAX_DECISIONS = 20_000;

interface Subject {
  kind: string;
  name: string;
  namespace?: string;
}
interface Binding {
  /** '' for a ClusterRoleBinding */
  namespace: string;
  name: string;
  roleKind: string;
  roleName: string;
  subjects: readonly Subject[];
}
export interface Decision {
  allowed: boolean;
  reason: string;
}

const subjectKey = (subject: Subject, namespace: string): string => {
  if (subject.kind === 'ServiceAccount')
    return `u:system:serviceaccount:${subject.namespace || namespace}:${subject.name}`;
  return `${subject.kind === 'Group' ? 'g' : 'u'}:${subject.name}`;
};
const subjectsOf = (user: User): string[] => [`u:${user.name}`, ...user.groups.map((g) => `g:${g}`)];

/**
 * Role-based access control: bindings by subject and roles by name, kept up with the store event by event, so a change
 * of a role or binding is in force with the first request after its commit.
 */
export class Rbac {
  private readonly roles = new Map<string, readonly PolicyRule[]>();
  private readonly bindings = new Map<string, Binding>();
  /** subject → namespace ('' for the cluster) → bindings */
  private readonly bySubject = new Map<string, Map<string, Set<Binding>>>();
  private readonly decisions = new LRUCache<string, Decision>({ max: MAX_DECISIONS });
  private readonly stops: (() => void)[] = [];

  constructor(store: Store) {
    for (const resource of [...ROLES, ...BINDINGS]) this.follow(store, resource);
  }

  decide(user: User, attributes: Attributes): Decision {
    const key = JSON.stringify([user.name, user.groups, attributes]);
    let decision = this.decisions.get(key);
    if (!decision) this.decisions.set(key, (decision = this.evaluate(user, attributes)));
    return decision;
  }

  /** Every rule that the user has in the namespace and in the cluster, and the roles that bindings name in vain. */
  rulesFor(user: User, namespace: string): { rules: PolicyRule[]; errors: string[] } {
    const rules: PolicyRule[] = [];
    const errors: string[] = [];
    for (const { binding } of this.bindingsOf(user, namespace)) {
      const found = this.roleRules(binding);
      if (found) rules.push(...found);
      else errors.push(missing(binding));
    }
    return { rules, errors };
  }

  /** Rules of a role; undefined when there is none. `namespace` '' for a ClusterRole. */
  role(namespace: string, name: string): readonly PolicyRule[] | undefined {
    return this.roles.get(`${namespace}/${name}`);
  }

  /** Whether a ClusterRole's rules allow it, whoever is bound to it. */
  allowsRole(name: string, attributes: Attributes): boolean {
    return (this.role('', name) ?? []).some((rule) => ruleAllows(rule, attributes));
  }

  close(): void {
    for (const stop of this.stops.splice(0)) stop();
  }

  private evaluate(user: User, attributes: Attributes): Decision {
    const namespace = isResourceRequest(attributes) ? attributes.namespace : '';
    const errors: string[] = [];
    for (const { binding, subject } of this.bindingsOf(user, namespace)) {
      const rules = this.roleRules(binding);
      if (!rules) errors.push(missing(binding));
      else if (rules.some((rule) => ruleAllows(rule, attributes)))
        return { allowed: true, reason: explain(binding, subject) };
    }
    return {
      allowed: false,
      reason: errors.length ? `RBAC: ${errors.length === 1 ? errors[0] : `[${errors.join(', ')}]`}` : '',
    };
  }

  private *bindingsOf(user: User, namespace: string): Generator<{ binding: Binding; subject: string }> {
    const subjects = subjectsOf(user);
    for (const place of namespace ? ['', namespace] : ['']) {
      for (const subject of subjects) {
        for (const binding of this.bySubject.get(subject)?.get(place) ?? []) yield { binding, subject };
      }
    }
  }

  private roleRules(binding: Binding): readonly PolicyRule[] | undefined {
    return this.role(binding.roleKind === 'Role' ? binding.namespace : '', binding.roleName);
  }

  /** Reads what is there and follows; a watch that is too far behind is begun again from a list. */
  private follow(store: Store, resource: string): void {
    const apply = ROLES.includes(resource) ? this.setRole.bind(this) : this.setBinding.bind(this);
    const snapshot = store.list({ resource });
    const known = new Set<string>();
    for (const stored of snapshot.items) {
      known.add(`${stored.namespace}/${stored.name}`);
      apply(stored, false);
    }
    this.decisions.clear();
    const stop = store.watch({ resource }, snapshot.revision, {
      onEvents: (events) => {
        for (const event of events) apply(event.stored, event.type === 'DELETED');
        this.decisions.clear();
      },
      onEnd: (reason) => {
        this.stops.splice(this.stops.indexOf(stop), 1);
        if (reason === 'expired') this.follow(store, resource);
      },
    });
    this.stops.push(stop);
  }

  private setRole(stored: Stored, deleted: boolean): void {
    const key = `${stored.namespace}/${stored.name}`;
    if (deleted) this.roles.delete(key);
    else this.roles.set(key, (stored.object['rules'] ?? []) as PolicyRule[]);
  }

  private setBinding(stored: Stored, deleted: boolean): void {
    const key = `${stored.namespace}/${stored.name}`;
    const old = this.bindings.get(key);
    if (old)
      for (const subject of old.subjects)
        this.bySubject.get(subjectKey(subject, old.namespace))?.get(old.namespace)?.delete(old);
    this.bindings.delete(key);
    if (deleted) return;
    const { roleRef, subjects } = stored.object as { roleRef?: { kind: string; name: string }; subjects?: Subject[] };
    const binding: Binding = {
      namespace: stored.namespace,
      name: stored.name,
      roleKind: roleRef?.kind ?? '',
      roleName: roleRef?.name ?? '',
      subjects: subjects ?? [],
    };
    this.bindings.set(key, binding);
    for (const subject of binding.subjects) {
      const places = getOrMake(
        this.bySubject,
        subjectKey(subject, binding.namespace),
        () => new Map<string, Set<Binding>>(),
      );
      getOrMake(places, binding.namespace, () => new Set<Binding>()).add(binding);
    }
  }
}

function getOrMake<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  let value = map.get(key);
  if (value === undefined) map.set(key, (value = make()));
  return value;
}

const missing = (binding: Binding): string =>
  `${binding.roleKind.toLowerCase()}.${GROUP} ${JSON.stringify(binding.roleName)} not found`;

function explain(binding: Binding, subject: string): string {
  const kind = binding.namespace ? 'RoleBinding' : 'ClusterRoleBinding';
  const name = binding.namespace ? `${binding.name}/${binding.namespace}` : binding.name;
  const account = /^u:system:serviceaccount:([^:]+):(.+)$/.exec(subject);
  const who = account
    ? `ServiceAccount ${JSON.stringify(`${account[2]}/${account[1]}`)}`
    : `${subject.startsWith('g:') ? 'Group' : 'User'} ${JSON.stringify(subject.slice(2))}`;
  return `RBAC: allowed by ${kind} ${JSON.stringify(name)} of ${binding.roleKind} ${JSON.stringify(binding.roleName)} to ${who}`;
}
