import type { AdmissionRequest } from '../plugin.ts';

/** The namespace of a request; of one about a Namespace, its name. '' of all else in the cluster. */
export function namespaceOf({ target, object }: AdmissionRequest): string {
  const { kind, namespace, name } = target;
  if (kind.namespaced) return namespace;
  return kind.group === '' && kind.resource === 'namespaces' ? name || (object?.metadata.name ?? '') : '';
}

/** The name of a request's object; '' where it is to be generated. */
export const nameOf = ({ target, object, old }: AdmissionRequest): string =>
  target.name || object?.metadata.name || old?.metadata.name || '';
