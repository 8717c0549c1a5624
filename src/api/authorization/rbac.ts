import { LRUCache } from 'lru-cache';
import type { Store, Stored } from '../../store/contract.ts';
import type { Attributes, User } from '../contract.ts';
import { isResourceRequest } from './attributes.ts';
import { RightsVersions } from './rights-versions.ts';
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
/** What bindings may name a user by. */
export const subjectsOf = (user: User): string[] => [userSubject(user.name), ...user.groups.map((g) => `g:${g}`)];
export const userSubject = (name: string): string => `u:${name}`;
const roleKeyOf = ({ roleKind, roleName, namespace }: Binding): string =>
  `${roleKind === 'Role' ? namespace : ''}/${roleName}`;

/** Subjects that may have fewer rights than before; undefined: anybody. */
export type Lessened = ReadonlySet<string> | undefined;

/**
 * Role-based access control: bindings by subject and roles by name, kept up with the store event by event, so a change
 * of a role or binding is in force with the first request after its commit.
 */
export class Rbac {
  private readonly roles = new Map<string, readonly PolicyRule[]>();
  private readonly bindings = new Map<string, Binding>();
  /** subject → namespace ('' for the cluster) → bindings */
  private readonly bySubject = new Map<string, Map<string, Set<Binding>>>();
  private readonly byRole = new Map<string, Set<Binding>>();
  private readonly decisions = new LRUCache<string, Decision>({ max: MAX_DECISIONS });
  private readonly stops: (() => void)[] = [];
  private readonly listeners: ((subjects: Lessened) => void)[] = [];
  private readonly versions = new RightsVersions();

  constructor(store: Pick<Store, 'get' | 'list' | 'watch'>) {
    for (const resource of [...ROLES, ...BINDINGS]) this.follow(store, resource);
  }

  decide(user: User, attributes: Attributes): Decision {
    const key = JSON.stringify([user.name, user.groups, withoutSelector(attributes)]);
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

  /** Another after each change of a role or binding of the user's. */
  versionFor(user: User): string {
    return this.versions.of(subjectsOf(user));
  }

  /** Calls back after each change by which somebody may have fewer rights. Rights only add up, so what is new takes none. */
  onLessened(listener: (subjects: Lessened) => void): void {
    this.listeners.push(listener);
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
    return this.roles.get(roleKeyOf(binding));
  }

  /** Reads what is there and follows; a watch that is too far behind is begun again from a list. */
  private follow(store: Pick<Store, 'get' | 'list' | 'watch'>, resource: string): void {
    const isRole = ROLES.includes(resource);
    const apply = isRole ? this.setRole.bind(this) : this.setBinding.bind(this);
    const { items, revision } = store.list({ resource });
    for (const stored of items) apply(stored, false);
    this.decisions.clear();
    const stop = store.watch({ resource }, revision, {
      onEvents: (events) => {
        const less = new Set<string>();
        const concerned = (stored: Stored) => (isRole ? this.holders(stored) : this.bound(stored));
        for (const { type, stored } of events) {
          const before = concerned(stored);
          if (type !== 'ADDED') for (const subject of before) less.add(subject);
          apply(stored, type === 'DELETED');
          this.versions.changed(new Set([...before, ...concerned(stored)]));
        }
        this.decisions.clear();
        if (less.size) this.tell(less);
      },
      onEnd: (reason) => {
        this.stops.splice(this.stops.indexOf(stop), 1);
        if (reason !== 'expired') return;
        this.forgetMissing(store, resource);
        this.follow(store, resource);
        this.versions.changedAll();
        this.tell(undefined);
      },
    });
    this.stops.push(stop);
  }

  private tell(subjects: Lessened): void {
    for (const listener of this.listeners) listener(subjects);
  }

  /** Who has a role: the subjects of all bindings that name it. */
  private holders({ namespace, name }: Stored): string[] {
    return [...(this.byRole.get(`${namespace}/${name}`) ?? [])].flatMap(subjectKeys);
  }

  private bound({ namespace, name }: Stored): string[] {
    const binding = this.bindings.get(`${namespace}/${name}`);
    return binding ? subjectKeys(binding) : [];
  }

  /** What went while nobody told of it: without this, a right would outlive its binding. */
  private forgetMissing(store: Pick<Store, 'get'>, resource: string): void {
    const isRole = ROLES.includes(resource);
    const ofCluster = resource.startsWith('cluster');
    for (const key of (isRole ? this.roles : this.bindings).keys()) {
      const [namespace = '', name = ''] = key.split('/');
      if ((namespace === '') !== ofCluster || store.get({ resource, namespace, name })) continue;
      if (isRole) this.roles.delete(key);
      else this.unbind(key);
    }
  }

  private setRole(stored: Stored, deleted: boolean): void {
    const key = `${stored.namespace}/${stored.name}`;
    if (deleted) this.roles.delete(key);
    else this.roles.set(key, (stored.object['rules'] ?? []) as PolicyRule[]);
  }

  private setBinding(stored: Stored, deleted: boolean): void {
    const key = `${stored.namespace}/${stored.name}`;
    this.unbind(key);
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
    getOrMake(this.byRole, roleKeyOf(binding), () => new Set<Binding>()).add(binding);
    for (const subject of subjectKeys(binding)) {
      const places = getOrMake(this.bySubject, subject, () => new Map<string, Set<Binding>>());
      getOrMake(places, binding.namespace, () => new Set<Binding>()).add(binding);
    }
  }

  /** A binding goes, and with it the entries that it alone had. */
  private unbind(key: string): void {
    const binding = this.bindings.get(key);
    if (!binding) return;
    this.bindings.delete(key);
    deleteFrom(this.byRole, roleKeyOf(binding), binding);
    for (const subject of subjectKeys(binding)) {
      const places = this.bySubject.get(subject);
      if (!places) continue;
      deleteFrom(places, binding.namespace, binding);
      if (places.size === 0) this.bySubject.delete(subject);
    }
  }
}

/** No role speaks of selectors: decisions are kept without them. */
function withoutSelector(attributes: Attributes): Attributes {
  if (!isResourceRequest(attributes) || !attributes.fieldSelector) return attributes;
  const { fieldSelector: _, ...rest } = attributes;
  return rest;
}

const subjectKeys = ({ subjects, namespace }: Binding): string[] =>
  subjects.map((subject) => subjectKey(subject, namespace));

function deleteFrom<K, V>(sets: Map<K, Set<V>>, key: K, value: V): void {
  const set = sets.get(key);
  set?.delete(value);
  if (set?.size === 0) sets.delete(key);
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
