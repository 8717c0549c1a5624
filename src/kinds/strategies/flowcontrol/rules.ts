import type { PolicyRulesWithSubjects, ResourcePolicyRule } from '../../../../schema/types.ts';
import { invalid, notSupported, required, type FieldError, type Path } from '../../../meta/field.ts';
import type { Parts } from '../../../meta/object.ts';
import { dnsLabelName } from '../../validation/names.ts';
import { subjectErrors } from './subjects.ts';

const VERBS = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'proxy', 'update', 'watch'];

/** A star stands alone. */
const alone = (values: readonly string[], what: string, at: Path): FieldError[] =>
  values.length > 1 && values.includes('*')
    ? [invalid(at, values, `if '*' is present, must not specify other ${what}`)]
    : [];

function verbErrors(verbs: readonly string[] | undefined, at: Path): FieldError[] {
  if (!verbs?.length) return [required(at, 'verbs must contain at least one value')];
  if (verbs.includes('*')) return alone(verbs, 'verbs', at);
  return verbs.every((verb) => VERBS.includes(verb)) ? [] : [notSupported(at, verbs, VERBS)];
}

function namespaceErrors(rule: Parts<ResourcePolicyRule>, at: Path): FieldError[] {
  const namespaces = rule.namespaces ?? [];
  if (namespaces.length === 0) {
    return rule.clusterScope
      ? []
      : [required(at, 'resource rules that are not cluster scoped must supply at least one namespace')];
  }
  if (namespaces.includes('*')) return alone(namespaces, 'namespaces', at);
  return namespaces.flatMap((name, i) =>
    dnsLabelName(name, false).map((why) =>
      invalid(at.index(i), name, `each member of this list must be '*' or a DNS-1123 label; ${why}`),
    ),
  );
}

function resourceRuleErrors(rule: Parts<ResourcePolicyRule>, at: Path): FieldError[] {
  // what is always written is null where it is empty
  const apiGroups = rule.apiGroups ?? [];
  const resources = rule.resources ?? [];
  return [
    ...verbErrors(rule.verbs, at.child('verbs')),
    ...(apiGroups.length
      ? alone(apiGroups, 'api groups', at.child('apiGroups'))
      : [required(at.child('apiGroups'), 'resource rules must supply at least one api group')]),
    ...(resources.length
      ? alone(resources, 'resources', at.child('resources'))
      : [required(at.child('resources'), 'resource rules must supply at least one resource')]),
    ...namespaceErrors(rule, at.child('namespaces')),
  ];
}

function urlError(url: string): string | undefined {
  if (url === '') return 'must not be empty';
  if (url === '/') return undefined;
  if (!url.startsWith('/')) return 'must start with slash';
  if (url.includes(' ')) return 'must not contain white-space';
  if (url.includes('//')) return 'must not contain double slash';
  const stars = url.split('*').length - 1;
  return stars > 1 || (stars === 1 && !url.endsWith('/*')) ? 'wildcard can only do suffix matching' : undefined;
}

function urlErrors(urls: readonly string[] | undefined, at: Path): FieldError[] {
  if (!urls?.length) return [required(at, 'nonResourceURLs must contain at least one value')];
  if (urls.includes('*')) return alone(urls, 'non-resource URLs', at);
  return urls.flatMap((url, i) => {
    const why = urlError(url);
    return why ? [invalid(at.index(i), url, why)] : [];
  });
}

/** Who, and which of their requests. */
export function policyRulesErrors(rules: Parts<PolicyRulesWithSubjects>, at: Path): FieldError[] {
  const [subjects, resourceRules, nonResourceRules] = [
    rules.subjects ?? [],
    rules.resourceRules ?? [],
    rules.nonResourceRules ?? [],
  ];
  const errors: FieldError[] = subjects.flatMap((subject, i) => subjectErrors(subject, at.child('subjects').index(i)));
  if (subjects.length === 0) errors.push(required(at.child('subjects'), 'subjects must contain at least one value'));
  if (resourceRules.length === 0 && nonResourceRules.length === 0) {
    errors.push(required(at, 'at least one of resourceRules and nonResourceRules has to be non-empty'));
  }
  resourceRules.forEach((rule, i) => errors.push(...resourceRuleErrors(rule, at.child('resourceRules').index(i))));
  nonResourceRules.forEach((rule, i) => {
    const here = at.child('nonResourceRules').index(i);
    errors.push(
      ...verbErrors(rule.verbs, here.child('verbs')),
      ...urlErrors(rule.nonResourceURLs, here.child('nonResourceURLs')),
    );
  });
  return errors;
}
