import type { Attributes, User } from '../contract.ts';
import { isResourceRequest, type ResourceAttributes } from '../authorization/attributes.ts';
import type { Level, Stage } from './contract.ts';
import type { Policy, PolicyRule } from './policy.ts';

/** What a policy says of a request. */
export interface Verdict {
  level: Level;
  /** stages of which nothing is recorded */
  omit: ReadonlySet<Stage>;
  omitManagedFields: boolean;
}

/** Kinds of request whose rules are remembered. Clients can ask for resources that nobody has. */
const MAX_KINDS = 4096;

/** A rule as far as it is not decided by verb and resource. */
interface Rule {
  users: ReadonlySet<string> | undefined;
  groups: ReadonlySet<string> | undefined;
  namespaces: ReadonlySet<string> | undefined;
  verdict: Verdict;
  source: PolicyRule;
}
interface Candidate {
  rule: Rule;
  /** the objects that it is about; undefined: all */
  names: ReadonlySet<string> | undefined;
}

const setOf = (values: readonly string[] | undefined): ReadonlySet<string> | undefined =>
  values?.length ? new Set(values) : undefined;

/**
 * A policy, ready to be asked with every request: which rules can be about a verb and a resource is worked out once for
 * each, so that a request looks at few rules, and most of those at nothing but the user.
 */
export class Evaluator {
  private readonly rules: readonly Rule[];
  private readonly byKind = new Map<string, readonly Candidate[]>();
  private readonly otherwise: Verdict;

  constructor({ rules, omitStages = [], omitManagedFields = false }: Policy) {
    this.otherwise = { level: 'None', omit: new Set(omitStages), omitManagedFields };
    this.rules = rules.map((source) => ({
      source,
      users: setOf(source.users),
      groups: setOf(source.userGroups),
      namespaces: setOf(source.namespaces),
      verdict: {
        level: source.level,
        omit: new Set([...omitStages, ...(source.omitStages ?? [])]),
        omitManagedFields: source.omitManagedFields ?? omitManagedFields,
      },
    }));
  }

  /** @param user undefined: nobody who was let in, whom no rule about users or groups is about */
  evaluate(user: User | undefined, attributes: Attributes): Verdict {
    return isResourceRequest(attributes)
      ? this.ofResource(user, attributes)
      : this.ofPath(user, attributes.verb, attributes.path);
  }

  private ofResource(user: User | undefined, attributes: ResourceAttributes): Verdict {
    const { verb, group, resource, subresource, namespace, name } = attributes;
    const key = `${verb} ${group}/${resource}/${subresource}`;
    let candidates = this.byKind.get(key);
    if (!candidates) {
      candidates = this.candidates(attributes);
      if (this.byKind.size >= MAX_KINDS) this.byKind.clear();
      this.byKind.set(key, candidates);
    }
    for (const { rule, names } of candidates) {
      if (names && !names.has(name)) continue;
      if (rule.namespaces && !rule.namespaces.has(namespace)) continue;
      if (isAbout(rule, user)) return rule.verdict;
    }
    return this.otherwise;
  }

  private ofPath(user: User | undefined, verb: string, path: string): Verdict {
    for (const rule of this.rules) {
      const { verbs = [], resources = [], nonResourceURLs = [] } = rule.source;
      if (verbs.length && !verbs.includes(verb)) continue;
      if (rule.namespaces || resources.length) continue;
      if (nonResourceURLs.length && !nonResourceURLs.some((url) => pathMatches(path, url))) continue;
      if (isAbout(rule, user)) return rule.verdict;
    }
    return this.otherwise;
  }

  /** The rules that can be about the verb and the resource, up to the first that is about all such requests. */
  private candidates(attributes: ResourceAttributes): Candidate[] {
    const found: Candidate[] = [];
    for (const rule of this.rules) {
      const { verbs = [], resources = [], nonResourceURLs = [] } = rule.source;
      if (verbs.length && !verbs.includes(attributes.verb)) continue;
      if (nonResourceURLs.length && !resources.length && !rule.namespaces) continue;
      const names = resources.length ? namesOf(rule.source, attributes) : 'all';
      if (!names) continue;
      found.push({ rule, names: names === 'all' ? undefined : names });
      if (names === 'all' && !rule.users && !rule.groups && !rule.namespaces) break;
    }
    return found;
  }
}

const isAbout = ({ users, groups }: Rule, user: User | undefined): boolean =>
  (!users || (user !== undefined && users.has(user.name))) &&
  (!groups || (user !== undefined && user.groups.some((group) => groups.has(group))));

/** Which objects of the resource a rule with resources is about; undefined: none. */
function namesOf(rule: PolicyRule, attributes: ResourceAttributes): ReadonlySet<string> | 'all' | undefined {
  const names = new Set<string>();
  for (const { group = '', resources = [], resourceNames = [] } of rule.resources ?? []) {
    if (group !== attributes.group) continue;
    if (resources.length === 0) return 'all';
    if (!resources.some((pattern) => resourceMatches(pattern, attributes))) continue;
    if (resourceNames.length === 0) return 'all';
    for (const name of resourceNames) names.add(name);
  }
  return names.size ? names : undefined;
}

// all, one resource, one subresource, a resource with all of its own, a subresource of all (k8s.io/apiserver pkg/audit/policy)
function resourceMatches(pattern: string, { resource, subresource }: ResourceAttributes): boolean {
  if (pattern === '*' || pattern === (subresource ? `${resource}/${subresource}` : resource)) return true;
  if (subresource && pattern === `*/${subresource}`) return true;
  return pattern.endsWith('/*') && pattern.slice(0, -2) === resource;
}

const pathMatches = (path: string, url: string): boolean =>
  url === '*' || url === path || (url.endsWith('*') && path.startsWith(url.replace(/\*+$/, '')));
