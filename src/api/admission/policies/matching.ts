import type { MatchResources } from '../../../../schema/types.ts';
import { labelSelectorAsSelector } from '../../../meta/labels.ts';
import type { Rule } from '../../../kinds/strategies/admissionregistration/match-rules.ts';
import type { AdmissionRequest } from '../plugin.ts';

const has = (list: readonly string[] | undefined, value: string): boolean =>
  (list ?? []).some((v) => v === '*' || v === value);

function resourceMatches(resources: readonly string[] | undefined, resource: string, subresource: string): boolean {
  return (resources ?? []).some((text) => {
    const [main, sub = ''] = text.split('/');
    if (text === '*/*') return true;
    return (
      (main === '*' || main === resource) &&
      (sub === subresource || (sub === '*' && subresource !== '') || (sub === '*' && text.includes('/')))
    );
  });
}

/** Whether a rule is about this request; with `equivalent` in any version of the resource (matchPolicy). */
export function ruleMatches(
  rule: Rule,
  { target, operation, object, old }: AdmissionRequest,
  equivalent: boolean,
): boolean {
  const { kind, subresource } = target;
  const scope = kind.namespaced ? 'Namespaced' : 'Cluster';
  const name = target.name || object?.metadata.name || old?.metadata.name || '';
  return (
    has(rule.operations, operation) &&
    has(rule.apiGroups, kind.group) &&
    (equivalent || has(rule.apiVersions, kind.version)) &&
    resourceMatches(rule.resources, kind.resource, subresource) &&
    (!rule.scope || rule.scope === '*' || rule.scope === scope) &&
    (!rule.resourceNames?.length || rule.resourceNames.includes(name))
  );
}

/** The labels of the namespace that the request is in, or of the namespace that it is about. Undefined: cluster scope. */
function namespaceLabels({
  store,
  target,
  object,
  old,
}: AdmissionRequest): Readonly<Record<string, string>> | undefined {
  const { kind, namespace } = target;
  if (kind.group === '' && kind.resource === 'namespaces') return (object ?? old)?.metadata.labels ?? {};
  if (!kind.namespaced) return undefined;
  return store.get({ resource: 'namespaces', namespace: '', name: namespace })?.labels ?? {};
}

export type Selectors = Pick<MatchResources, 'namespaceSelector' | 'objectSelector'>;

export function selectorsMatch({ namespaceSelector, objectSelector }: Selectors, request: AdmissionRequest): boolean {
  if (namespaceSelector) {
    const selector = labelSelectorAsSelector(namespaceSelector);
    const labels = selector.empty ? undefined : namespaceLabels(request);
    if (labels && !selector.matches(labels)) return false;
  }
  if (!objectSelector) return true;
  const selector = labelSelectorAsSelector(objectSelector);
  // what either state of the object matches is meant
  return (
    selector.empty || [request.object, request.old].some((o) => o !== undefined && selector.matches(o.metadata.labels))
  );
}
