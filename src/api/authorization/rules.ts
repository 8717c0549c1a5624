import type { Attributes } from '../contract.ts';
import { isResourceRequest } from './attributes.ts';

/** rbac/v1 PolicyRule */
export interface PolicyRule {
  verbs: readonly string[];
  apiGroups?: readonly string[] | null;
  resources?: readonly string[] | null;
  resourceNames?: readonly string[] | null;
  nonResourceURLs?: readonly string[] | null;
}

const ALL = '*';
const has = (list: readonly string[] | null | undefined, value: string): boolean =>
  list !== null && list !== undefined && (list.includes(value) || list.includes(ALL));

function resourceMatches(
  resources: readonly string[] | null | undefined,
  resource: string,
  subresource: string,
): boolean {
  if (!resources) return false;
  const combined = subresource ? `${resource}/${subresource}` : resource;
  return resources.some((r) => r === ALL || r === combined || (subresource !== '' && r === `*/${subresource}`));
}

const pathMatches = (urls: readonly string[] | null | undefined, path: string): boolean =>
  (urls ?? []).some((url) => url === ALL || url === path || (url.endsWith(ALL) && path.startsWith(url.slice(0, -1))));

/** Whether one rule allows it (rbac/v1: an empty resourceNames is any name). */
export function ruleAllows(rule: PolicyRule, attributes: Attributes): boolean {
  if (!has(rule.verbs, attributes.verb)) return false;
  if (!isResourceRequest(attributes)) return pathMatches(rule.nonResourceURLs, attributes.path);
  return (
    has(rule.apiGroups, attributes.group) &&
    resourceMatches(rule.resources, attributes.resource, attributes.subresource) &&
    (!rule.resourceNames?.length || rule.resourceNames.includes(attributes.name))
  );
}

/** A rule of one verb on one thing: a path, or a resource. The lists have one element each. */
type SingleRule =
  | { verbs: [string]; nonResourceURLs: [string] }
  | { verbs: [string]; apiGroups: [string]; resources: [string]; resourceNames?: [string] };

/** A rule as rules of one verb on one thing each, so that they can be compared. */
function* single(rule: PolicyRule): Generator<SingleRule> {
  for (const verb of rule.verbs) {
    for (const url of rule.nonResourceURLs ?? []) yield { verbs: [verb], nonResourceURLs: [url] };
    for (const group of rule.apiGroups ?? []) {
      for (const resource of rule.resources ?? []) {
        const base: SingleRule = { verbs: [verb], apiGroups: [group], resources: [resource] };
        if (rule.resourceNames?.length) for (const name of rule.resourceNames) yield { ...base, resourceNames: [name] };
        else yield base;
      }
    }
  }
}

function ruleCovers(owner: PolicyRule, one: SingleRule): boolean {
  if (!has(owner.verbs, one.verbs[0])) return false;
  if ('nonResourceURLs' in one) return pathMatches(owner.nonResourceURLs, one.nonResourceURLs[0]);
  const [resource] = one.resources;
  const [main = '', subresource = ''] = resource.split('/');
  if (!has(owner.apiGroups, one.apiGroups[0])) return false;
  if (!owner.resources?.includes(resource) && !resourceMatches(owner.resources, main, subresource)) return false;
  return (
    !owner.resourceNames?.length ||
    (one.resourceNames !== undefined && owner.resourceNames.includes(one.resourceNames[0]))
  );
}

/** What of `wanted` no rule of `owned` covers, in single rules. */
export function missingRules(owned: readonly PolicyRule[], wanted: readonly PolicyRule[]): PolicyRule[] {
  return wanted.flatMap((rule) => [...single(rule)].filter((one) => !owned.some((owner) => ruleCovers(owner, one))));
}

const goList = (list: readonly string[]): string => `[${list.map((s) => JSON.stringify(s)).join(' ')}]`;

/** `{APIGroups:[""], Resources:["nodes"], Verbs:["get"]}`, single rules of the same thing with their verbs together. */
export function describeRules(rules: readonly PolicyRule[]): string[] {
  const together = new Map<string, PolicyRule>();
  for (const rule of rules) {
    const { verbs, ...rest } = rule;
    const key = JSON.stringify(rest);
    const known = together.get(key);
    together.set(key, known ? { ...known, verbs: [...new Set([...known.verbs, ...verbs])] } : rule);
  }
  const describe = (rule: PolicyRule): string => {
    const parts: [string, readonly string[] | null | undefined][] = [
      ['APIGroups', rule.apiGroups],
      ['Resources', rule.resources],
      ['NonResourceURLs', rule.nonResourceURLs],
      ['ResourceNames', rule.resourceNames],
      ['Verbs', rule.verbs],
    ];
    return `{${parts
      .filter(([, list]) => list?.length)
      .map(([name, list]) => `${name}:${goList(list!)}`)
      .join(', ')}}`;
  };
  return [...new Set([...together.values()].map(describe))].sort();
}

export { goList };
