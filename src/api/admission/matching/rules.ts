import type { Kind } from '../../../kinds/kind.ts';
import type { Rule } from '../../../kinds/strategies/admissionregistration/match-rules.ts';
import { bodyOf, type AdmissionRequest } from '../plugin.ts';
import { nameOf, namespaceOf } from './attributes.ts';
import { bodyKindOf, equivalentsOf } from './equivalents.ts';

/** As what a rule is about a request: the resource, and the kind of its objects, in the group and version of the rule. */
export interface Matched {
  readonly resource: Kind;
  readonly body: Kind;
}

const has = (list: readonly string[] | undefined, value: string): boolean =>
  list?.some((each) => each === '*' || each === value) ?? false;

/** `pods`, `pods/log`; `*` are all resources without a subresource, `pods/*` those with any and without. */
function resourceMatches(text: string, resource: string, subresource: string): boolean {
  const slash = text.indexOf('/');
  const [main, sub] = slash < 0 ? [text, ''] : [text.slice(0, slash), text.slice(slash + 1)];
  return (main === '*' || main === resource) && (sub === '*' || sub === subresource);
}

/** What is in no namespace, and namespaces themselves, are of the cluster. */
function scopeMatches(scope: string | undefined, request: AdmissionRequest): boolean {
  if (!scope || scope === '*') return true;
  const inCluster = request.target.kind.resource === 'namespaces' || namespaceOf(request) === '';
  return (scope === 'Cluster') === inCluster;
}

function ruleMatches(rule: Rule, request: AdmissionRequest, { group, version, resource }: Kind): boolean {
  return (
    has(rule.operations, request.operation) &&
    has(rule.apiGroups, group) &&
    has(rule.apiVersions, version) &&
    (rule.resources?.some((text) => resourceMatches(text, resource, request.target.subresource)) ?? false) &&
    scopeMatches(rule.scope, request) &&
    (!rule.resourceNames?.length || rule.resourceNames.includes(nameOf(request)))
  );
}

/** A request as it came. */
export const asSent = (request: AdmissionRequest): Matched => ({
  resource: request.target.kind,
  body: bodyOf(request),
});

/**
 * As what the first rule that is about a request takes it; with `equivalent` also as any other group-version in which
 * the same objects are (matchPolicy). Undefined where no rule is about it.
 */
export function matchedAs(
  rules: readonly Rule[] | undefined,
  request: AdmissionRequest,
  equivalent: boolean,
): Matched | undefined {
  const { target, registry } = request;
  if (!rules?.length) return undefined;
  if (rules.some((rule) => ruleMatches(rule, request, target.kind))) return asSent(request);
  if (!equivalent) return undefined;
  const others = equivalentsOf(registry, target.kind, target.subresource);
  if (!others.length) return undefined;
  for (const rule of rules) {
    const resource = others.find((other) => ruleMatches(rule, request, other));
    if (resource) return { resource, body: bodyKindOf(resource, target.subresource) };
  }
  return undefined;
}
