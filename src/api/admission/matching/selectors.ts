import type { MatchResources } from '../../../../schema/types.ts';
import { labelSelectorAsSelector } from '../../../meta/labels.ts';
import type { KubeObject } from '../../../meta/object.ts';
import { notFound, type StatusError } from '../../../meta/status.ts';
import type { AdmissionRequest } from '../plugin.ts';
import { namespaceOf } from './attributes.ts';

export type Selectors = Pick<MatchResources, 'namespaceSelector' | 'objectSelector'>;

/** The labels of the namespace that a request is in, or that it writes. 404 where there is no such namespace. */
function namespaceLabels(request: AdmissionRequest): Readonly<Record<string, string>> | StatusError {
  const { store, target, operation, object } = request;
  const writes = operation === 'CREATE' || operation === 'UPDATE';
  if (target.kind.resource === 'namespaces' && !target.subresource && writes) return object?.metadata.labels ?? {};
  const name = namespaceOf(request);
  const namespace = store.get({ resource: 'namespaces', namespace: '', name });
  return namespace ? (namespace.labels ?? {}) : notFound({ group: '', resource: 'namespaces' }, name);
}

/**
 * Whether selectors are about a request. 404 of a namespace that is not there is answered, not thrown: it is an error only
 * where all else matches. What either state of the object matches is meant.
 */
export function selectorsMatch(
  { namespaceSelector, objectSelector }: Selectors,
  request: AdmissionRequest,
): boolean | StatusError {
  let missing: StatusError | undefined;
  if (namespaceSelector && (namespaceOf(request) || request.target.kind.resource === 'namespaces')) {
    const selector = labelSelectorAsSelector(namespaceSelector);
    const labels = selector.empty ? undefined : namespaceLabels(request);
    if (labels instanceof Error) missing = labels;
    else if (labels && !selector.matches(labels)) return false;
  }
  if (objectSelector) {
    const selector = labelSelectorAsSelector(objectSelector);
    const matches = (object: KubeObject | undefined): boolean =>
      object !== undefined && selector.matches(object.metadata.labels);
    if (!selector.empty && !matches(request.object) && !matches(request.old)) return false;
  }
  return missing ?? true;
}
