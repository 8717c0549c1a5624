import type { AdmissionRequest } from '../plugin.ts';

/** The namespace of a request; of one about a Namespace, its name. '' of all else in the cluster. */
export function namespaceOf({ target, object }: AdmissionRequest): string {
  const { kind, namespace, name } = target;
  if (kind.namespaced) return namespace;
  return kind.group === '' && kind.resource === 'namespaces' ? name || (object?.metadata.name ?? '') : '';
}

/** The name of a request's object; '' where it is to be generated, and of one of a collection. */
export const nameOf = ({ target, object, old, unnamed }: AdmissionRequest): string =>
  unnamed ? '' : target.name || object?.metadata.name || old?.metadata.name || '';
