import { repeatedAt } from '../../validation/repeated.ts';
import type { NamedRuleWithOperations } from '../../../../schema/types.ts';
import { duplicate, invalid, notSupported, required, type FieldError, type Path } from '../../../meta/field.ts';
import { isPathSegmentName } from '../../../meta/names.ts';
import type { Parts } from '../../../meta/object.ts';

/** RuleWithOperations, and the names of NamedRuleWithOperations */
export type Rule = Parts<NamedRuleWithOperations>;
const OPERATIONS = ['*', 'CONNECT', 'CREATE', 'DELETE', 'UPDATE'];
const SCOPES = ['*', 'Cluster', 'Namespaced'];

export function defaultRules(rules: Rule[] | undefined): void {
  for (const rule of rules ?? []) rule.scope ??= '*';
}

/** `*` stands alone. */
function aloneErrors(values: string[] | undefined, what: string, at: Path): FieldError[] {
  if (!values?.length) return [required(at)];
  return values.length > 1 && values.includes('*')
    ? [invalid(at, values, `if '*' is present, must not specify other ${what}`)]
    : [];
}

/** `pods`, `pods/log`, and with stars: what a star covers must not be named again. */
function resourceErrors(resources: string[] | undefined, at: Path): FieldError[] {
  if (!resources?.length) return [required(at)];
  const errors: FieldError[] = [];
  const wholeResources = new Set<string>();
  const wholeSubresources = new Set<string>();
  let plain = false;
  resources.forEach((resource, i) => {
    if (resource === '') return errors.push(required(at.index(i)));
    const slash = resource.indexOf('/');
    if (slash < 0) return (plain = resource !== '*');
    const [name, subresource] = [resource.slice(0, slash), resource.slice(slash + 1)];
    if (wholeResources.has(name))
      errors.push(invalid(at.index(i), resource, `if '${name}/*' is present, must not specify ${resource}`));
    if (wholeSubresources.has(subresource))
      errors.push(invalid(at.index(i), resource, `if '*/${subresource}' is present, must not specify ${resource}`));
    if (subresource === '*') wholeResources.add(name);
    if (name === '*') wholeSubresources.add(subresource);
    return undefined;
  });
  if (resources.length > 1 && resources.includes('*/*'))
    errors.push(invalid(at, resources, "if '*/*' is present, must not specify other resources"));
  if (resources.includes('*') && plain) {
    errors.push(invalid(at, resources, "if '*' is present, must not specify other resources without subresources"));
  }
  return errors;
}

export function ruleErrors(rule: Rule, at: Path): FieldError[] {
  const errors = aloneErrors(rule.operations, 'operations', at.child('operations'));
  rule.operations?.forEach((operation, i) => {
    if (!OPERATIONS.includes(operation))
      errors.push(notSupported(at.child('operations').index(i), operation, OPERATIONS));
  });
  errors.push(...aloneErrors(rule.apiGroups, 'API groups', at.child('apiGroups')));
  errors.push(...aloneErrors(rule.apiVersions, 'API versions', at.child('apiVersions')));
  rule.apiVersions?.forEach((version, i) => {
    if (version === '') errors.push(required(at.child('apiVersions').index(i)));
  });
  errors.push(...resourceErrors(rule.resources, at.child('resources')));
  if (rule.scope !== undefined && !SCOPES.includes(rule.scope))
    errors.push(notSupported(at.child('scope'), rule.scope, SCOPES));
  return errors;
}

/** A policy's rule may name single objects. */
export function namedRuleErrors(rule: Rule, at: Path): FieldError[] {
  const errors: FieldError[] = [];
  const names = rule.resourceNames ?? [];
  const repeated = repeatedAt(names);
  names.forEach((name, i) => {
    const here = at.child('resourceNames').index(i);
    for (const why of isPathSegmentName(name)) errors.push(invalid(here, name, why));
    if (repeated.has(i)) errors.push(duplicate(here, name));
  });
  return [...errors, ...ruleErrors(rule, at)];
}
